-- The counts of a queue by minute for a day, and by hour for 30 days: the history that charts
-- show. A series is the queue, "", or the name of a task: at most 32 names, and "~" for all others.
--
-- `minutes` is a ring: the field "<slot> <series>" holds a block of ten minutes. `hours` has two: of
-- blocks of eight hours, and "d<slot> <series>" of blocks of ten days. A block is its number, then
-- a line for each minute, hour or day in which something happened. A line has its place in the
-- block, then pushed, done, failed, dead, resurrected, the longest wait and run in ms, the sums of
-- waits and of runs in µs, and the waits and runs by bucket; bucket n ends at 2^n ms, and "-" stands
-- for none.
--
-- `hours` also has "mark": the last minute that a worker marked, the minutes until a worker is
-- missed, and the totals of the queue then; "watched": ranges of marked minutes, so that a quiet
-- minute is no gap; "names" of the tasks; "total <name>": the time of the last report and a line of
-- all counts; "error <name>": the time and the last error as JSON.
--
-- The totals of a queue are those in `meta`, so that no push and no turn does anything for this. All
-- else comes from the workers with a heartbeat or a farewell. It is written last, behind a write
-- that a full Redis allows, and only where both keys are hashes: statistics cost no lease.
local rings = {
  { key = KEY.minutes, unit = "minutes", mark = "", ms = 60000, per = 10, slots = 145, keepMs = 90000000 },
  { key = KEY.hours, unit = "hours", mark = "", ms = 3600000, per = 8, slots = 91, keepMs = 2678400000 },
  { key = KEY.hours, unit = "days", mark = "d", ms = 86400000, per = 10, slots = 4, keepMs = 2678400000 },
}

-- Returns the totals of the queue: pushed, done, failed, dead, resurrected.
local function queueTotals()
  local n = redis.call("HMGET", KEY.meta, "n:push", "n:schedule", "n:complete", "n:retry", "n:bury",
    "n:abandon", "n:condemn", "n:resurrect", "n:quarantine")
  for i = 1, 9 do n[i] = tonumber(n[i] or 0) or 0 end
  return { n[1] + n[2], n[3], n[4] + n[5], n[5] + n[6] + n[7], n[6] + n[8] + n[9] }
end
