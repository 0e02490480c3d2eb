-- The lane of suspects, which run alone, so that a task that kills its process
-- cannot harm others. The worker that keeps the lane claims no other task while
-- a suspect waits. If it cannot get empty, a relief worker runs suspects in its place.
-- Returns the lane of the caller, and the suspect. `suspectMs` is the time until the
-- first suspect is due, if none is.
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
