--- sweep: resurrects the tasks of dead workers, and tidies up
---
--- Every worker calls it and none leads. In order, it handles missing workers, expired
--- leases, due tasks and ended retentions; at most 200 tasks a call. `more` is 1 if that
--- left some: the same caller goes on at once. `nextMs` is the time until something is due,
--- -1 if nothing is known. `workers` counts the fleet, whose workers share the sweeps.
--- `raised` lists the ids and causes of resurrected tasks, first the `evicted` ones that
--- `dead` held.
---
--- If there was no sweep for half a lease, Redis was unreachable and no worker could
--- renew: all leases get one extension, at most one in four leases. Otherwise a failover
--- would resurrect every running task. A lease that had expired at the previous sweep, at
--- least a whole lease ago, gets none. Otherwise rare sweeps, as of workers that only
--- tick, would never resurrect a task.
---
--- @arg   dead     string   a worker known to have exited, or ""
--- @arg   cause    string   of its exit, such as "SIGKILL"
--- @arg   leaseMs  integer
--- @arg   graceMs  integer  the longest absence of a subscription
--- @arg   everyMs  integer  does nothing sooner after the last sweep; 0 goes on where that stopped
--- @arg   quietMs  integer  so long ago the caller saw that nothing ran here; -1 if it did not
--- @reply ok raised:list nextMs:integer evicted:integer more:integer workers:integer
--- @on    resurrect quarantine abandon promote condemn purge
--- @meta  paused swept graceUntil missing looked
--- @first clock early_sweep
--- @use   order meta records channel move wake history workers suspects missing lease_index presence
--- @use   commit add_many write notify_waiters publish_events revive promote purge full_buckets

local swept, graceUntil = tonumber(meta.swept) or now, tonumber(meta.graceUntil) or 0
note("swept", now)
-- A quiet queue is looked at, not swept: the time since the last sweep was no absence of Redis.
if quietMs >= 0 then swept = math.max(swept, now - quietMs) end
if now - swept > leaseMs / 2 and now > graceUntil + 3 * leaseMs then
  graceUntil = now + leaseMs
  note("graceUntil", graceUntil)
  count("grace")
end

local raised, left = {}, 200
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
      local worker = workerOf(record.worker)
      revive(id, causeOf(record))
      -- The last proof of life, from which telemetry counts the time without a worker.
      local term = worker and worker.lease or leaseMs
      record.alive = math.max(record.since or 0, (tonumber(deadlines[i]) or now) - term)
      raised[#raised + 1] = id
      raised[#raised + 1] = record.reason
    end
  end
end

if everyMs > 0 or dead ~= "" then lookAtWorkers() end
local dismissed, evicted = {}, 0
if dead ~= "" then table.insert(gone, 1, dead) end
if #gone > 0 then redis.call("HLEN", KEY.worker) end -- Touched before the first write.
local back = {}
for i, id in ipairs(gone) do
  if left > 0 then
    raise(heldBy(id, left), function() return id == dead and cause or "presence" end, id)
    if i == 1 and id == dead then evicted = #raised / 2 end
    if left > 0 then dismissed[#dismissed + 1], back[id] = id, false end
  end
end
noteMissing(back)
local lapsedBy = now > graceUntil and now or now - swept >= leaseMs and swept
if lapsedBy and left > 0 then
  raise(redis.call("ZRANGEBYSCORE", KEY.running, "-inf", lapsedBy, "LIMIT", 0, left), lapse)
end

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

forgetFull(200)
write()
for _, id in ipairs(dismissed) do dismiss(id) end
publishEvents()
-- After its first crash a task is due in 100 ms; only this reply schedules a sweep then.
if #raised > 0 then lookAgainMs = math.min(lookAgainMs, 100) end
if dueMs > 0 then lookAgainMs = math.min(lookAgainMs, dueMs) end
if suspectMs > 0 then lookAgainMs = math.min(lookAgainMs, math.ceil(suspectMs)) end
local more = purged >= 200 or left <= 0 or dueMs == 0
return answer("ok", raised, lookAgainMs < math.huge and math.max(0, lookAgainMs) or -1, evicted,
  more and 1 or 0, redis.call("ZCARD", KEY.workers))
