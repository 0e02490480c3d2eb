-- Publishes the moves of this script: each client that waits for results gets the ids
-- of its own tasks, each follower of the queue gets all. Nothing is stored and a
-- message may be missed: every listener also polls.
local final = { completed = true, dead = true, cancelled = true }
local function publishEvents()
  local over, messages = {}, {}
  if redis.call("EXISTS", KEY.waiters) == 1 then
    for id in pairs(moved) do
      if records[id] and final[records[id].state] then over[#over + 1] = id end
    end
  end
  if #over > 0 then
    for i, channels in ipairs(redis.call("HMGET", KEY.waiters, unpack(over))) do
      for channel in string.gmatch(channels or "", "%S+") do
        messages[channel] = (messages[channel] and messages[channel] .. " " or "") .. over[i]
      end
    end
    redis.call("HDEL", KEY.waiters, unpack(over))
  end
  for channel, ids in pairs(messages) do publish(root .. channel, ids) end
  if listeners(root .. "events") == 0 then return end
  for id, event in pairs(moved) do
    local record = records[id] or { state = "none" }
    publish(root .. "events", table.concat({ id, event, record.state, record.worker or "-",
      record.reason or "" }, " "))
  end
end
