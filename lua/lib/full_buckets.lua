-- Deletes buckets of a rate that are full again, at most `limit`: a new bucket is full
-- too. See lib/rates.lua.
local function forgetFull(limit)
  local full = redis.call("ZRANGEBYSCORE", KEY.rate, "-inf", string.format("%.0f", nowUs),
    "LIMIT", 0, limit)
  if #full > 0 then redis.call("ZREM", KEY.rate, unpack(full)) end
end
