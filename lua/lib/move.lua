-- The only place where a task changes state. `write` stores the changes, once and
-- last, so a script that stops early has changed nothing. Changes are collected by
-- key, because one command for many makes a batch cheap.
local about = { task = KEY.task, partial = KEY.partial, steps = KEY.steps, record = KEY.record,
  waiters = KEY.waiters }
local moved, touched, out, into, kept, forgotten = {}, {}, {}, {}, {}, {}
local holding, released = {}, {}
local counted, uncounted = {}, {}
local listed, unlisted = {}, {}
local unfinished = { scheduled = true, ready = true, running = true, quarantined = true }
for hash in pairs(about) do
  kept[hash], forgotten[hash] = {}, {}
end

-- Has `write` store the record of `id`.
local function touch(id)
  touched[id] = true
end

-- Has `write` store `value` under `id` in a hash.
local function keep(hash, id, value)
  local list = kept[hash]
  local n = #list
  list[n + 1], list[n + 2] = id, value
end

-- Has `write` delete `id` from a hash.
local function forget(hash, id)
  local list = forgotten[hash]
  list[#list + 1] = id
end

local function leave(state, id)
  local list = out[state]
  if not list then
    list = {}
    out[state] = list
  end
  list[#list + 1] = id
end

-- Redis prints a number slowly; most scores of a script are equal.
local texts = {}
local function enter(state, score, id)
  if type(score) == "number" then
    texts[score] = texts[score] or string.format("%.17g", score)
    score = texts[score]
  end
  local list = into[state]
  if not list then
    list = {}
    into[state] = list
  end
  local n = #list
  list[n + 1], list[n + 2] = score, id
end

-- Has `write` count a task for its tenant, from its first unfinished state to its
-- last. The count is an index, not a number, so that no error in it lasts.
local function countTenant(record, id, from, to)
  if not record.tenant or unfinished[from] == unfinished[to] then return end
  local member = record.tenant .. "\1" .. id
  if unfinished[to] then
    counted[#counted + 1] = 0
    counted[#counted + 1] = member
  else
    uncounted[#uncounted + 1] = member
  end
end

-- Has `write` list a deferred task by what a worker has to know, until it leaves
-- `scheduled`; see lib/routes.lua.
local function listDeferred(record, id, from, to)
  if from ~= "scheduled" and to == "scheduled" then
    local n = #listed
    listed[n + 1], listed[n + 2] = "0", deferredEntry(record, id)
  elseif from == "scheduled" and to ~= "scheduled" then
    unlisted[#unlisted + 1] = deferredEntry(record, id)
  end
end

-- Has `write` drop an entry of a task that is elsewhere, so that no later call meets it.
local function stray(id, from)
  moved[id] = "orphan"
  leave(from, id)
end

-- Has `write` drop an entry whose task is missing (evicted, or deleted by hand), and counts it.
local function orphan(id, from)
  stray(id, from)
  if records[id] then countTenant(records[id], id, from, "none") end
  if records[id] and records[id].needs then listDeferred(records[id], id, from, "none") end
  count("orphan")
end

-- Moves `id` by `event` to the place `score`, at most once per script. Returns the
-- new state, or nil if the current state does not allow the event.
local function move(id, event, score)
  local record = records[id]
  local from = record and record.state or "none"
  local to = MOVES[event][from]
  if not to then return nil end
  moved[id] = event
  count(event)
  if record.tenant then countTenant(record, id, from, to) end
  if record.needs then listDeferred(record, id, from, to) end
  if from == "none" then count("created") elseif from ~= to then leave(from, id) end
  if from == "running" and from ~= to then released[#released + 1] = record.worker .. "~" .. id end
  if to == "none" then
    count("removed")
    records[id] = nil
    for hash in pairs(about) do forget(hash, id) end
    return to
  end
  enter(to, score, id)
  if to == "running" and from ~= to then
    local n = #holding
    holding[n + 1], holding[n + 2] = "0", record.worker .. "~" .. id
  end
  record.state = to
  touched[id] = true
  return to
end
