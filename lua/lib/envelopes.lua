--- @use reply_bytes
-- Reads the envelopes of `ids` from place `first` on, in their order, until a reply is full, but
-- at least one. Reads ten at a time, so that little is read and left out.
local function envelopesWithin(ids, first)
  local envelopes, bytes, n = {}, 0, 0
  for i = first, #ids, 10 do
    for _, envelope in ipairs(redis.call("HMGET", KEY.task, unpack(ids, i, math.min(i + 9, #ids)))) do
      n = n + 1
      envelopes[n] = envelope
      bytes = bytes + (envelope and #envelope or 0)
      if bytes > replyBytes then return envelopes end
    end
  end
  return envelopes
end
