-- Moves a task whose worker is gone, or whose lease has lapsed:
--   resurrect   running -> scheduled    after the first crash, due in 100 ms
--   quarantine  running -> quarantined  after later ones, where a suspect runs alone
--   abandon     running -> dead         after more crashes than are allowed
--   withdraw    running -> cancelled    if its cancellation was asked
-- Time in line is never charged. Free are a claim that was lost before it started, and a
-- death beside a suspect. If that repeats, every third one is charged: then the task
-- probably kills its workers itself. Free is what a worker still holds at its farewell
-- ("drain"): Redis was too slow to answer for it.
local function revive(id, cause)
  local record = records[id]
  -- Asked before a suspect ends as cancelled: the tasks beside it stay excused.
  local left, suspect = cause == "drain", suspectOf(record.worker)
  if record.cancel then
    return endCancelled(id, record, "withdraw", cause, record.cancel, record.keepMs)
  end
  local excused = not record.started or suspect and suspect ~= id
  if excused and not left then record.lost = (record.lost or 0) + 1 end
  local free = left or excused and record.lost % 3 ~= 0
  if free then
    cause = (left or record.started) and cause or "lost claim"
  elseif cause == "stalled" then
    record.stalls = (record.stalls or 0) + 1
  else
    record.crashes = (record.crashes or 0) + 1
  end
  record.reason = cause
  count("cause:" .. cause)
  close(record, cause)
  local cost = (record.crashes or 0) + (record.stalls or 0)
  if not free and cost > (record.limit or 5) then
    record.reason = record.crashes and "crashes" or "stalls"
    move(id, "abandon", now)
  elseif not free and cost > 1 then
    record.delay = math.min(2000, 250 * cost)
    move(id, "quarantine", now + record.delay)
  else
    record.delay = 100
    move(id, "resurrect", now + record.delay)
  end
end

-- Returns the cause of an expired lease: its worker is silent, or alive and without this task.
local function lapse(record)
  local entry = workerOf(record.worker)
  local silentMs = entry and now - entry.beat
  return entry and silentMs >= 0 and silentMs < termOf(record.worker) and "stalled" or "lease"
end
