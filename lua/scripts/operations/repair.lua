--- repair: repairs the findings of the audit
---
--- Reads each task again and makes its record, place, hold and payload agree. A
--- running task keeps running, under a lease: without heartbeats it is resurrected. A
--- final task stays final. Any other task with a payload becomes dead, so that an
--- operator can release it. A task without any data left is dropped. Only final tasks
--- lose their payload. `entry` is the entry found in `section`, if that is "holds",
--- "tenants" or "deferred". `done` lists the repairs of each task.
---
--- @arg   dry      integer  1 to change nothing, and only list the repairs
--- @arg   recount  integer  1 to make the counters agree with the sets
--- @arg   leaseMs  integer  for a running task that has lost its lease
--- @arg   keepMs   integer  for a final task that has lost its place
--- @row   id:string section:string entry:string
--- @reply ok done:list
--- @on    resurrect quarantine abandon withdraw
--- @use   clock order meta records channel move wake history workers suspects commit add_many write notify_waiters
--- @use   publish_events task_name end_cancelled revive

local done, ids = {}, {}
local function did(id, what)
  done[#done + 1] = id .. " " .. what
end
for i, row in ipairs(rows) do ids[i] = row.id end
load(ids)

-- Returns the state a task belongs in, or nil if no data is left to run.
local function belongs(state, placed, payload, record)
  if not state then return payload and "dead" or nil end
  if state == "completed" or state == "cancelled" or record.worker == "lock" then return state end
  if state == "running" then
    -- Its worker has the payload in memory, and may still settle it.
    return (payload or (placed.running or 0) > now) and state or nil
  end
  if not payload then return nil end
  return placed[state] and state or "dead"
end

local function drop(id, record)
  for hash in pairs(about) do forget(hash, id) end
  if record and record.worker then released[#released + 1] = record.worker .. "~" .. id end
  if record then countTenant(record, id, record.state, "none") end
  moved[id], records[id] = "orphan", nil
  count("orphan")
  did(id, "is dropped: nothing is left that could run")
end

local function bury(id, record)
  record = record or { order = arrival() }
  countTenant(record, id, record.state, "dead")
  record.state, record.reason, record.nonce, record.cancel = "dead", "repaired", nil, nil
  records[id], moved[id] = record, "repair"
  touch(id)
  count("repair")
  enter("dead", now, id)
  did(id, "goes to the dead with its payload: its state is unknown")
end

-- Restores the place of a task by its record.
local function put(id, state)
  moved[id] = "repair"
  count("repair")
  if state == "running" then
    enter(state, now + leaseMs, id)
    did(id, "has a lease again: it is resurrected unless its worker beats")
  else
    enter(state, state == "dead" and now or now + keepMs, id)
    did(id, "is " .. state .. " again")
  end
end

-- Resurrects a task without a nonce: no worker can settle it or renew its lease.
local function bringBack(id, record)
  record.worker, record.since = record.worker or "unknown", record.since or now
  revive(id, "repaired")
  did(id, record.state == "cancelled" and "is cancelled, as was asked"
    or "is brought back: no worker can settle it")
end

-- The entry a task should have in a section, or nil if it should have none.
local expected = {
  holds = function(record)
    return record.state == "running" and record.worker .. "~"
  end,
  tenants = function(record)
    return unfinished[record.state] and record.tenant and record.tenant .. "\1"
  end,
  deferred = function(record)
    return record.state == "scheduled" and record.needs and deferredEntry(record, "")
  end,
}

local function tidy(id, state, record)
  local member = expected.tenants(record)
  if member and not redis.call("ZSCORE", KEY.tenants, member .. id) then
    countTenant(record, id, "none", state)
    did(id, "counts for its tenant again")
  end
  local deferred = expected.deferred(record)
  if deferred and not redis.call("ZSCORE", KEY.deferred, deferred .. id) then
    listDeferred(record, id, "none", state)
    did(id, "is listed as deferred again")
  end
  if state == "running" then
    local hold = record.worker .. "~" .. id
    if not redis.call("ZSCORE", KEY.holds, hold) then
      holding[#holding + 1], holding[#holding + 2] = 0, hold
      did(id, "is held by its worker again")
    end
    if (record.fence or 0) > (tonumber(meta.fence) or 0) then
      note("fence", record.fence)
      did(id, "raises the fence of the queue to its own")
    end
  elseif state == "completed" or state == "cancelled" then
    for _, hash in ipairs({ "task", "partial", "steps", "waiters" }) do
      local stays = hash == "task" and record.kept
      if not stays and redis.call("HEXISTS", about[hash], id) == 1 then
        forget(hash, id)
        did(id, "is " .. state .. ", and drops its " .. (hash == "task" and "payload" or hash))
      end
    end
  end
end

local function mend(id)
  local record, placed = records[id], {}
  for state, key in pairs(STATES) do
    placed[state] = tonumber(redis.call("ZSCORE", key, id) or nil)
  end
  local payload = redis.call("HEXISTS", KEY.task, id) == 1
  local state = record and STATES[record.state] and record.state
  local home = belongs(state, placed, payload, record)
  -- Without its steps it would repeat their effects.
  local lost = home and home ~= "running" and not storedPairs(redis.call("HGET", KEY.steps, id))
  if lost and unfinished[home] then home = "dead" end
  for other in pairs(placed) do
    if other ~= home then
      leave(other, id)
      if home then did(id, "leaves " .. other) end
    end
  end
  if not home then return drop(id, record) end
  if home == "dead" and state ~= "dead" then return bury(id, record) end
  if home == "running" and not (record.nonce and record.worker) then return bringBack(id, record) end
  if not placed[home] then put(id, home) end
  tidy(id, home, record)
end

local strays = { holds = released, tenants = uncounted, deferred = unlisted }
local ends = {
  holds = "is no longer held by ", tenants = "counts no longer for ",
  deferred = "is no longer listed as deferred for ",
}
local seen = {}
for _, row in ipairs(rows) do
  if not seen[row.id] then mend(row.id) end
  seen[row.id] = true
  local list, record = row.entry ~= row.id and strays[row.section], records[row.id]
  local own = list and record and expected[row.section](record)
  if list and row.entry ~= (own or "") .. row.id then
    list[#list + 1] = row.entry
    did(row.id, ends[row.section] .. string.match(string.sub(row.entry, 1, -24), "^[^\1]*"))
  end
end

if recount == 1 then
  local here, numbers = 0, redis.call("HMGET", KEY.meta, "n:created", "n:removed", "n:orphan")
  for _, key in pairs(STATES) do here = here + redis.call("ZCARD", key) end
  local function number(i) return tonumber(numbers[i] or 0) end
  local gone = number(1) - number(2) - number(3) - here
  if gone ~= 0 then
    count("orphan", gone)
    did("totals:", gone > 0 and gone .. " tasks are gone without a trace, and counted as that"
      or -gone .. " tasks came back, and are counted again")
  end
end
if #done > 0 and dry == 0 then
  write()
  publishEvents()
end
return answer("ok", done)
