-- The bytes of payloads, results or steps after which a reply is full: megabytes in one would
-- block Redis, and services over HTTP refuse them. As much as a caller sends; see
-- core/base/batches.ts.
local replyBytes = 2000000
