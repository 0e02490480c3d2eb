-- Tells who listens what became of the tasks that were moved: the clients that
-- wait for a result, then whoever follows the events of the queue. Nothing is
-- stored and a message may be missed: everybody asks again now and then.
local function announce()
  local final = {}
  for id, step in pairs(moved) do
    if step.to == "completed" or step.to == "dead" or step.to == "cancelled" then
      final[#final + 1] = id
    end
  end
  if #final > 0 and redis.call("EXISTS", KEY.waiters) == 1 then
    for i, channels in ipairs(redis.call("HMGET", KEY.waiters, unpack(final))) do
      for channel in string.gmatch(channels or "", "%S+") do tell(root .. channel, final[i]) end
    end
    redis.call("HDEL", KEY.waiters, unpack(final))
  end
  if listeners(root .. "events") == 0 then return end
  for id, step in pairs(moved) do
    tell(root .. "events", id .. " " .. step.event .. " " .. step.to)
  end
end
