--- @use stored_map
-- The records of tasks, by id. A task that waits for its first claim has no
-- record: its place in `ready` contains all of it, which keeps a waiting task
-- small. Later records are packed maps.
local records = {}

-- Returns the order of a task that arrives now; see lib/order.lua.
local function arrival()
  local least = (now - epochBase) * 64
  note("order", math.max(least, (tonumber(meta.order) or 0) + 1))
  return meta.order
end
local function place(record)
  return string.format("%.0f", (100 - (record.priority or 0)) * band + record.order)
end
-- Returns the entry of a deferred task: what a worker has to know for it, its place, its id.
local function deferredEntry(record, id)
  return string.format("%s\1%016.0f\1%s", record.needs, tonumber(place(record)), id)
end
local function pushedAt(record)
  return math.floor(record.order / 64) + epochBase
end

local fieldKinds = {
  state = "string", order = "number", priority = "number", print = "string", limit = "number",
  tenant = "string", name = "string", token = "string", cancel = "string", keepMs = "number", delay = "number",
  nonce = "string", settled = "string", worker = "string", fence = "number", since = "number",
  solo = "boolean", started = "boolean", tried = "boolean", progress = "string", remark = "string",
  failures = "number", crashes = "number", stalls = "number", lost = "number",
  deferrals = "number", deferredAt = "number", readyAt = "number", ended = "number",
  alive = "number", trace = "string", before = "string",
  reason = "string", error = "string", result = "string", keyUntil = "number", unkept = "string", kept = "boolean", needs = "string", history = "table",
}
local inSomeState = { scheduled = true, ready = true, running = true, quarantined = true,
  completed = true, dead = true, cancelled = true }

-- Stands for a record that cannot be read. No move starts from its state, and it counts as
-- pushed now.
local function corruptRecord()
  return { state = "corrupt", order = (now - epochBase) * 64, reason = "corrupt" }
end

-- Returns true for a history as lib/history.lua writes it.
local function isHistory(history)
  if #history % 4 ~= 0 then return false end
  for i = 1, #history, 4 do
    local started, holder, over, cause = unpack(history, i, i + 3)
    if type(started) ~= "number" or type(over) ~= "number" then return false end
    if type(holder) ~= "string" or type(cause) ~= "string" then return false end
  end
  return true
end

local function storedRecord(packed)
  local record = storedMap(packed, fieldKinds)
  if not record or not inSomeState[record.state] then return corruptRecord() end
  if not record.order or record.order >= band or (record.priority or 0) > 100 then
    return corruptRecord()
  end
  if record.history and not isHistory(record.history) then return corruptRecord() end
  local held = record.worker and record.since
  if record.state == "running" and not held then return corruptRecord() end
  return record
end

local function bareRecord(score)
  local above = math.floor(score / band)
  if not (above >= 0 and above <= 100) then return corruptRecord() end
  return { state = "ready", order = score - above * band, priority = above < 100 and 100 - above or nil }
end

-- Reads the records of `ids` in two calls. A missing record stays nil. One that was
-- read before is not read again: this script may have changed it since.
local function load(ids)
  local unread, bare = {}, {}
  for _, id in ipairs(ids) do
    if not records[id] then unread[#unread + 1] = id end
  end
  if #unread == 0 then return end
  for i, packed in ipairs(redis.call("HMGET", KEY.record, unpack(unread))) do
    if packed then
      records[unread[i]] = storedRecord(packed)
    else
      bare[#bare + 1] = unread[i]
    end
  end
  if #bare == 0 then return end
  for i, score in ipairs(redis.call("ZMSCORE", KEY.ready, unpack(bare))) do
    if score then records[bare[i]] = bareRecord(score) end
  end
end
