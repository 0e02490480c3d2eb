-- Suspects run alone, so that a task which kills its process is convicted
-- without its neighbours. The worker that keeps the lane takes nothing else
-- while a suspect waits. Returns what the caller may do, and the suspect.
local function lane()
  local due = redis.call("ZRANGEBYSCORE", KEY.quarantined, "-inf", now, "LIMIT", 0, 1)[1]
  if not due or moved[due] then return "" end
  local keeper = meta.lane
  if keeper and keeper ~= worker and tonumber(meta.laneUntil) > now then return "" end
  note("lane", worker)
  note("laneUntil", now + leaseMs)
  local held = redis.call("ZLEXCOUNT", KEY.holds, "[" .. worker .. "~", "(" .. worker .. "\127")
  if empty == 0 or held > #letGo then return "wait" end
  return "solo", due
end
