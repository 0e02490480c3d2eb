-- The lane of suspects. A suspect runs alone where it can, so that a task that kills its
-- process harms no other: any worker that is empty takes it. The keeper of the lane claims
-- nothing for a second, to get empty. A suspect that no worker could take for 30 s runs beside
-- other tasks: no suspect waits for the longest task of a worker, and no queue for a suspect.
-- Returns the lane of the caller, and the suspect. `suspectMs` is the time until the
-- first suspect is due, if none is.
local laneMs, patienceMs = 1000, 30000
local suspectMs

-- Returns the first suspect that no other worker should run in place of the caller.
local function firstSuspect()
  local line = redis.call("ZRANGE", KEY.quarantined, 0, mixed() and 9 or 0, "WITHSCORES")
  for i = 1, #line, 2 do
    local envelope = mixed() and redis.call("HGET", KEY.task, line[i])
    if not (envelope and otherFor(envelope)) then return line[i], line[i + 1] end
  end
end

local function lane()
  local due, at = firstSuspect()
  local waitedMs = due and now - at
  if due and waitedMs < 0 then
    due, suspectMs = nil, math.ceil(-waitedMs)
  end
  if due and moved[due] then due = nil end
  if relief == 1 then return due and "solo" or "none", due end
  if not due then return "" end
  if empty == 1 and countHeld(worker) <= #released then return "solo", due end
  if waitedMs >= patienceMs and not suspectOf(worker) then return "solo", due end
  -- A time further ahead than the lane lasts was stored before the clock was set back.
  local leftMs = (tonumber(meta.laneUntil) or 0) - now
  local kept = meta.lane ~= worker and leftMs > 0 and leftMs <= laneMs
  if waitedMs >= laneMs or kept then return "" end
  note("lane", worker)
  note("laneUntil", at + laneMs)
  return "wait"
end

-- Notes in the entry of the caller that it runs the suspect `id`; see lib/suspects.lua.
local function accuse(id)
  local entry = workerOf(worker) or { beat = now, lease = leaseMs }
  entry.suspect = id
  redis.call("HSET", KEY.worker, worker, cmsgpack.pack(entry))
end
