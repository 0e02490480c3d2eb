-- Publishes the moves of this script: final ones to the clients that wait for them, all to
-- each follower of the queue. Nothing is stored and a message may be missed: every listener
-- also polls. Without a follower so far there is no channel; see scripts/events/follow.lua.
local final = { completed = true, dead = true, cancelled = true }
local function publishEvents()
  if not next(moved) then return end
  local over = {}
  for id in pairs(moved) do
    if records[id] and final[records[id].state] then over[#over + 1] = id end
  end
  notifyWaiters(over)
  local id = redis.call("HGET", KEY.meta, "events")
  local channel = id and root .. "events:" .. id
  if not channel or listeners(channel) == 0 then return end
  for id, event in pairs(moved) do
    local record = records[id] or { state = "none" }
    publish(channel, table.concat({ id, event, record.state, record.worker or "-",
      record.reason or "" }, " "))
  end
end
