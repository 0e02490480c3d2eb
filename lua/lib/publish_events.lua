--- @use task_name
-- Publishes the moves of this script: final ones to the clients that wait for them, all to
-- each follower of the queue. Nothing is stored and a message may be missed: every listener
-- also polls. Without a follower so far there is no channel; see scripts/events/follow.lua.
local final = { completed = true, dead = true, cancelled = true }
-- Events that end an attempt, and those of them with an error of their own.
local ends = { complete = true, retry = true, bury = true, handoff = true, stop = true }
local fails = { retry = true, bury = true, condemn = true }

-- Returns `id event state worker name failures ranMs delayMs resultBytes` and, behind the byte 1
-- each, the error and the reason. "-" stands for none.
local function eventMessage(id, event)
  local record = records[id] or { state = "none" }
  -- The writes are done, so a key of a wrong type must not stop the script here.
  local envelope = not record.name and redis.pcall("HGET", KEY.task, id)
  local name = record.name or nameIn(type(envelope) == "string" and envelope or "")
  local ran = ends[event] and record.since and record.ended
    and math.max(0, record.ended - record.since)
  local delay = record.state == "scheduled" or record.state == "quarantined"
  return table.concat({ id, event, record.state, record.worker or "-", name ~= "" and name or "-",
    record.failures or 0, ran and string.format("%.0f", ran) or "-",
    delay and record.delay and string.format("%.0f", record.delay) or "-",
    event == "complete" and #record.result or "-" }, " ")
    .. "\1" .. (fails[event] and record.error or "") .. "\1" .. (record.reason or "")
end

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
  for id, event in pairs(moved) do publish(channel, eventMessage(id, event)) end
end
