-- Publishes the moves of this script: final ones to the clients that wait for them, all to
-- each follower of the queue. Nothing is stored and a message may be missed: every listener
-- also polls.
local final = { completed = true, dead = true, cancelled = true }
local function publishEvents()
  if not next(moved) then return end
  local over = {}
  for id in pairs(moved) do
    if records[id] and final[records[id].state] then over[#over + 1] = id end
  end
  notifyWaiters(over)
  if listeners(root .. "events") == 0 then return end
  for id, event in pairs(moved) do
    local record = records[id] or { state = "none" }
    publish(root .. "events", table.concat({ id, event, record.state, record.worker or "-",
      record.reason or "" }, " "))
  end
end
