-- Routes tasks to the workers that know them, in a queue whose workers know different tasks.
-- A task that the caller cannot run, and another live worker can, is deferred instead of
-- claimed. Every deferred task is listed by what a worker has to know for it, so that the
-- first worker that does claims it at once; its due time is for when there is none.
-- An idle worker of a fleet beats every 50 s.
local deferredMs, mixedMs = 60000, 120000
local function mixed()
  return meta.mixedAt and math.abs(now - meta.mixedAt) < mixedMs
end
local self
local function entry()
  self = self or workerOf(worker) or {}
  return self
end

-- Publishes, after the writes, to the workers that this script routed tasks to: the bell
-- wakes any worker, which may be one that does not know the task.
local called = {}
local function callWorkers()
  for id in pairs(called) do publish(root .. "@" .. id, "work") end
end

-- Returns the worker that can run a task in place of the caller, or false. A worker that has
-- sent no beat yet has not reported what it knows.
local function otherFor(envelope)
  local needs = mixed() and entry().about and neededBy(envelope)
  if not needs or canRun(entry(), needs) then return false end
  return ableWorker(needs), needs
end

-- Defers a ready task for another worker; returns false if the caller is to claim it.
local function passOn(id, envelope)
  local other, needs = otherFor(envelope)
  if not other then return false end
  local record = records[id]
  record.needs, record.reason = needs, "its worker does not know it"
  record.deferrals, record.deferredAt = (record.deferrals or 0) + 1, nil
  called[other] = true
  return move(id, "defer", now + deferredMs) ~= nil
end

-- Returns at most `limit` deferred tasks that the caller can run. Looks at 200 names.
local function deferredFor(limit)
  local ids, from = {}, "-"
  if redis.call("EXISTS", KEY.deferred) == 0 or not entry().about then return ids end
  for _ = 1, 200 do
    local first = redis.call("ZRANGEBYLEX", KEY.deferred, from, "+", "LIMIT", 0, 1)[1]
    if not first or #ids >= limit then break end
    local name = string.match(first, "^[^\1]+")
    local above = "(" .. needsOf(name, versionOf(entry(), name) + 1)
    local range = redis.call("ZRANGEBYLEX", KEY.deferred, "[" .. needsOf(name, 1), above,
      "LIMIT", 0, limit - #ids)
    for _, listed in ipairs(range) do ids[#ids + 1] = string.sub(listed, -22) end
    from = "(" .. name .. "\2"
  end
  load(ids)
  local found = {}
  for _, id in ipairs(ids) do
    if records[id] and records[id].state == "scheduled" then found[#found + 1] = id end
  end
  return found
end
