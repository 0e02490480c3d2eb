-- Suspects run alone, so that a task which kills its process is convicted
-- without its neighbours. The worker that keeps the lane takes nothing else
-- while a suspect waits; where it cannot get empty, a relief worker takes suspects
-- in its place. Returns what the caller may do, and the suspect; `suspectMs` is
-- when the first one will be due, if none is.
local suspectMs
local function lane()
  local due, at = unpack(redis.call("ZRANGE", KEY.quarantined, 0, 0, "WITHSCORES"))
  if due and tonumber(at) > now then
    due, suspectMs = nil, math.ceil(tonumber(at) - now)
  end
  if due and moved[due] then due = nil end
  if relief == 1 then return due and "solo" or "none", due end
  if not due then return "" end
  local keeper = meta.lane
  if keeper and keeper ~= worker and tonumber(meta.laneUntil) > now then return "" end
  note("lane", worker)
  note("laneUntil", now + leaseMs)
  if empty == 0 or countHeld(worker) > #released then return "wait" end
  return "solo", due
end
