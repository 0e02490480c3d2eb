-- Publishes final tasks: each client that waits for results gets the ids of its own tasks.
local function notifyWaiters(ids)
  if #ids == 0 or redis.call("EXISTS", KEY.waiters) == 0 then return end
  local messages = {}
  for i, channels in ipairs(redis.call("HMGET", KEY.waiters, unpack(ids))) do
    for channel in string.gmatch(channels or "", "%S+") do
      messages[channel] = (messages[channel] and messages[channel] .. " " or "") .. ids[i]
    end
  end
  redis.call("HDEL", KEY.waiters, unpack(ids))
  for channel, text in pairs(messages) do publish(root .. channel, text) end
end
