-- The only place a task changes state. Nothing is written here: `write` does
-- that, once and last, so a script that stops has changed nothing.
local about = { task = KEY.task, partial = KEY.partial, steps = KEY.steps, record = KEY.record,
  waiters = KEY.waiters }
local moved, touched, kept, forgotten, holding, letGo = {}, {}, {}, {}, {}, {}
for hash in pairs(about) do
  kept[hash], forgotten[hash] = {}, {}
end

-- Has `write` store the record of `id`.
local function touch(id)
  touched[id] = true
end

-- Has `write` store `value` under `id` in a hash.
local function keep(hash, id, value)
  table.insert(kept[hash], id)
  table.insert(kept[hash], value)
end

-- Has `write` drop what a hash holds of `id`.
local function forget(hash, id)
  table.insert(forgotten[hash], id)
end

-- Has `write` drop an entry whose task is not there (evicted, or deleted by
-- hand): it is counted, and never stands in the way again.
local function orphan(id, from)
  moved[id] = { from = from, to = "none", event = "orphan" }
  count("n:orphan")
end

-- Moves `id` by `event` to the place `score`. Returns the new state, or nil if
-- its state does not allow the event.
local function move(id, event, score)
  local record = records[id]
  local from = record and record.state or "none"
  local to = MOVES[event][from]
  if not to then return nil end
  moved[id] = { from = (moved[id] or { from = from }).from, to = to, score = score, event = event }
  count("n:" .. event)
  if from == "none" then count("created") end
  if from == "running" and to ~= "running" then letGo[#letGo + 1] = record.worker .. "~" .. id end
  if to == "running" and from ~= "running" then
    holding[#holding + 1] = 0
    holding[#holding + 1] = record.worker .. "~" .. id
  end
  if to == "none" then
    count("removed")
    records[id] = nil
    for hash in pairs(about) do forget(hash, id) end
  else
    record.state = to
    touch(id)
  end
  return to
end
