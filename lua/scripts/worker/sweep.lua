--- sweep: resurrects the tasks of dead workers, and tidies up
---
--- Every worker calls it and none leads. In order, it handles missing workers, expired
--- leases, due tasks and ended retentions; at most 200 tasks a call. `more` is 1 if that
--- left some: the same caller goes on at once. `nextMs` is the time until something is due,
--- -1 if nothing is known. `workers` counts the fleet, whose workers share the sweeps.
--- `raised` lists the ids and causes of resurrected tasks, first the `evicted` ones that
--- `dead` held; `fates` has for each its state, name, deaths, the deaths allowed, failures, how its
--- last worker ended, and that worker. A name is empty behind two megabytes of payloads.
---
--- Nothing is charged for an absence of Redis (lib/grace.lua), nor for a clock that is set
--- ahead or back (lib/clock_set_back.lua).
---
--- @arg   dead     string   a worker known to have exited, or ""
--- @arg   cause    string   of its exit, such as "SIGKILL"
--- @arg   leaseMs  integer
--- @arg   graceMs  integer  the longest absence of a subscription
--- @arg   everyMs  integer  does nothing sooner after the last sweep; 0 goes on where that stopped
--- @arg   quietMs  integer  so long ago the caller saw that nothing ran here; -1 if it did not
--- @arg   steady   integer  1 if the sweeps of the caller are less than half a lease apart
--- @arg   tally    string   the last counts of `dead`, if it leaves; see lib/tally.lua
--- @reply ok raised:list nextMs:integer evicted:integer more:integer workers:integer fates:list
--- @on    resurrect quarantine abandon withdraw promote condemn purge
--- @meta  paused swept rare graceFrom recheck missing looked
--- @first clock early_sweep
--- @use   order meta records channel move wake history workers suspects missing lease_index lease_term
--- @use   grace presence cursor_rank clock_set_back commit add_many write notify_waiters publish_events
--- @use   envelopes task_name end_cancelled revive promote purge full_buckets tally

noteSweep()

local raised, revived, left = {}, {}, 200
local function countRevived(id, died)
  local name = nameIn(redis.call("HGET", KEY.task, id))
  if name == "" then name = "~" end
  local counts = revived[name] or emptyCounts()
  revived[name], counts[4], counts[5] = counts, counts[4] + (died and 1 or 0), counts[5] + 1
end

local function raise(ids, causeOf, holder)
  load(ids)
  left = left - #ids
  local deadlines = #ids > 0 and redis.call("ZMSCORE", KEY.running, unpack(ids)) or {}
  for i, id in ipairs(ids) do
    local record = records[id]
    if moved[id] then
      -- It was resurrected with its worker already.
    elseif not record then
      orphan(id, "running")
    elseif record.state ~= "running" then
      misplaced(id, "running", holder)
    elseif record.worker == "lock" then
      -- The next caller of its key takes it over; see scripts/worker/lock.lua.
    else
      local term = termOf(record.worker)
      revive(id, causeOf(record))
      if record.state ~= "cancelled" then
        -- The last proof of life, from which telemetry counts the time without a worker.
        record.alive = math.max(record.since or 0, (tonumber(deadlines[i]) or now) - term)
        raised[#raised + 1] = id
        raised[#raised + 1] = record.reason
        countRevived(id, record.state == "dead")
      end
    end
  end
end

if everyMs > 0 or dead ~= "" then lookAtWorkers() end
local dismissed, evicted = {}, 0
if dead ~= "" then table.insert(gone, 1, dead) end
if #gone > 0 or next(ahead) then redis.call("HLEN", KEY.worker) end -- Touched before the first write.
local back = {}
for i, id in ipairs(gone) do
  if left > 0 then
    raise(heldBy(id, left), function() return id == dead and cause or "presence" end, id)
    if i == 1 and id == dead then evicted = #raised / 2 end
    if left > 0 then dismissed[#dismissed + 1], back[id] = id, false end
  end
end
noteMissing(back)
if left > 0 then
  local over = redis.call("ZRANGEBYSCORE", KEY.running, "-inf", rarely and swept or now,
    "LIMIT", 0, left)
  load(over)
  local lapsed = {}
  for _, id in ipairs(over) do
    local worker = records[id] and records[id].worker
    if rarely or not (worker and inGrace(termOf(worker))) then lapsed[#lapsed + 1] = id end
  end
  raise(lapsed, lapse)
end
local cut = shortenAll()

local dueMs = promote()
-- Workers may have missed a ring, and a suspect becomes due without one. The sweep
-- bounds the wait for both.
local suspect = redis.call("ZRANGE", KEY.quarantined, 0, 0, "WITHSCORES")[2]
local suspectMs = suspect and tonumber(suspect) - now or math.huge
if suspectMs <= 0 or redis.call("EXISTS", KEY.ready) == 1 then wake() end
local purged = purge("completed", 200) + purge("cancelled", 200)

-- Counts resurrections by the hour, for a day: a new hour overwrites the one a day older.
if #raised > 0 then
  local hour = math.floor(now / 3600000)
  local slot = "raised:" .. hour % 24
  local at, n = string.match(redis.call("HGET", KEY.meta, slot) or "", "^(%d+) (%d+)$")
  n = tonumber(at) == hour and tonumber(n) or 0
  note(slot, string.format("%d %d", hour, n + #raised / 2))
end

local found, fates = {}, {}
for i = 1, #raised, 2 do found[#found + 1] = raised[i] end
local envelopes = envelopesWithin(found, 1)
for i, id in ipairs(found) do
  local record = records[id]
  fates[i] = { record.state, nameIn(envelopes[i]), (record.crashes or 0) + (record.stalls or 0),
    record.limit or 5, record.failures or 0, record.history[#record.history],
    record.worker }
end

-- A worker leaves once: when the same call comes again, its entry is gone. One that held more than
-- a call gives back still has its entry, which then notes the report.
local leaver = tally ~= "" and redis.call("ZSCORE", KEY.workers, dead) and (workerOf(dead) or {})
local report = leaver and newReport(tally, leaver) or ""
if leaver and leaver.beat then ahead[dead] = leaver end
forgetFull(200)
write()
keepHistory(report, revived)
for id, entry in pairs(ahead) do
  redis.call("HSET", KEY.worker, id, cmsgpack.pack(entry))
  redis.call("ZADD", KEY.workers, "XX", entry.beat, id)
end
for _, id in ipairs(dismissed) do dismiss(id) end
publishEvents()
-- After its first crash a task is due in 100 ms; only this reply schedules a sweep then.
if #raised > 0 then lookAgainMs = math.min(lookAgainMs, 100) end
if dueMs > 0 then lookAgainMs = math.min(lookAgainMs, dueMs) end
if suspectMs > 0 then lookAgainMs = math.min(lookAgainMs, math.ceil(suspectMs)) end
-- Without a sweep within half a lease, the end of a grace would begin the next one.
if steady == 1 and graceFrom > 0 and inGrace(leaseMs) and redis.call("EXISTS", KEY.running) == 1 then
  lookAgainMs = math.min(lookAgainMs, math.floor(0.4 * leaseMs))
end
local more = purged >= 200 or left <= 0 or dueMs == 0 or cut
return answer("ok", raised, lookAgainMs < math.huge and math.max(0, lookAgainMs) or -1, evicted,
  more and 1 or 0, redis.call("ZCARD", KEY.workers), fates)
