-- Channels have the same hash tag as the keys. Subscribers in a cluster use sharded
-- channels, which servers before 7.0 do not have.
local root = string.match(KEYS[1], "^.-}:")
local function audience(command, channel)
  local reply = redis.pcall("PUBSUB", command, channel)
  return tonumber(reply[2]) or 0
end
local function listeners(channel)
  return audience("NUMSUB", channel) + audience("SHARDNUMSUB", channel)
end
local function publish(channel, message)
  if audience("NUMSUB", channel) > 0 then redis.call("PUBLISH", channel, message) end
  if audience("SHARDNUMSUB", channel) > 0 then redis.call("SPUBLISH", channel, message) end
end
