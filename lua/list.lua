--- list: one page of a state, in its order
---
--- Pages by rank: an entry that leaves meanwhile may hide another from one page.
---
--- @arg   state   string
--- @arg   offset  integer
--- @arg   limit   integer  at most 200
--- @reply ok ids:list total:integer
--- @use   clock meta

local key = STATES[state]
return answer("ok", redis.call("ZRANGE", key, offset, offset + limit - 1), redis.call("ZCARD", key))
