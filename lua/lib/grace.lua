-- The grace after an absence of Redis. While Redis was away no worker could beat, and by a
-- clock that was set ahead its leases are over although it did. Two sweeps more than half a
-- lease apart show either. From then on each worker has one lease of its own to beat again
-- before its silence counts; otherwise a failover would resurrect every running task.
--
-- Some sweeps are rare by nature (`steady` 0), as those of workers that only tick. Of two such
-- in a row, the second takes the leases that were over at the first.
local swept, graceFrom = tonumber(meta.swept) or now, tonumber(meta.graceFrom) or 0
-- A quiet queue is looked at, not swept: the time since the last sweep was no absence of Redis.
local seenAt = quietMs >= 0 and math.max(swept, now - quietMs) or swept
local away = now - seenAt > leaseMs / 2
local rarely = away and steady == 0 and meta.rare == meta.swept

local function noteSweep()
  note("swept", now)
  if steady == 0 then note("rare", now) end
  if away then
    graceFrom = now
    note("graceFrom", now)
    note("graceUntil", now + leaseMs)
    count("grace")
  elseif graceFrom > now then
    -- It was given by a clock that was set back since.
    graceFrom = 0
    note("graceFrom", 0)
    note("graceUntil", 0)
  end
end

-- Returns true if a worker with this lease may not have had the time to beat.
local function inGrace(term)
  return now <= graceFrom + term
end
