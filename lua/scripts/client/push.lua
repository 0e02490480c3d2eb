--- push: nothing -> ready or scheduled
---
--- Accepts tasks. The caller makes the id, so that a repeated push is the same task;
--- the id of an idempotent task is its key, and one record decides the outcome.
--- A push from inside a task names its parent, and a parent that lost its lease
--- pushes nothing.
---
--- `odd` lists every row whose task existed: its index and "joined", "replayed" or
--- "conflict". A completed task is no longer there once its key or its result has ended, and
--- one that answers "replayed" is kept until its result can be read. `refused` lists every row that a limit refuses: its index, the first
--- such limit ("closed", "depth", "age", "tenant", "rate", in this order), and the ms
--- until a retry. Rows within the limits are accepted, others are not. A refusal
--- changes only counters.
---
--- lib/plain_push.lua answers a push of new tasks that have no options besides a priority.
---
--- @arg   parent   string   id of the pushing task in this partition, or ""
--- @arg   nonce    string   of the parent's claim
--- @arg   own      string   limits of the producer, see core/protocol/limits.ts, or ""
--- @row   id:string delayMs:integer atMs:integer priority:integer print:string limit:string tenant:string envelope:string
--- @reply ok odd:list refused:list
--- @reply stale           the parent's lease is lost; nothing was pushed
--- @on    push schedule
--- @meta  closed limits paused
--- @first clock order channel distinct_ids plain_push
--- @use   meta records held move wake commit add_many write notify_waiters publish_events full_buckets rates admission
--- @use   retention reading_time

local ids = { parent ~= "" and parent or nil }
for _, row in ipairs(rows) do ids[#ids + 1] = row.id end
load(ids)
if parent ~= "" and not held(parent, nonce) then return answer("stale") end

-- A cancelled task may be pushed again, and so may a completed one whose time has ended.
local ends = retentionOf(ids, "completed", KEY.completed)
local function isOver(id, record)
  if record.state ~= "completed" then return record.state == "cancelled" end
  return math.min(record.keyUntil or ends[id], ends[id]) <= now
end

-- Keeps a result for the caller that learns of it now; its key ends when it would have.
local function keepForReading(id, record)
  if ends[id] >= now + readingMs then return end
  record.keyUntil, ends[id] = record.keyUntil or ends[id], now + readingMs
  enter("completed", ends[id], id)
  touch(id)
end

local odd, refused, fresh, seen = {}, {}, {}, {}
local refusal, charge
if own ~= "" or meta.limits or meta.closed then refusal, charge = admission() end
for i, row in ipairs(rows) do
  local record = records[row.id]
  if seen[row.id] or record and not isOver(row.id, record) then
    local print = seen[row.id] or record.print or ""
    local word = not seen[row.id] and record.state == "completed" and "replayed" or "joined"
    if row.print ~= "" and print ~= "" and row.print ~= print then word = "conflict" end
    if word == "replayed" then keepForReading(row.id, record) end
    odd[#odd + 1] = i - 1
    odd[#odd + 1] = word
  else
    local reason, waitMs
    if refusal then reason, waitMs = refusal(row.tenant, 1) end
    if reason then
      refused[#refused + 1] = i - 1
      refused[#refused + 1] = reason
      refused[#refused + 1] = waitMs
      count("refused:" .. reason)
    else
      seen[row.id] = row.print
      fresh[#fresh + 1] = row
    end
  end
end

for _, row in ipairs(fresh) do
  local order = arrival()
  local old = records[row.id]
  records[row.id] = {
    state = old and old.state or "none", order = order,
    history = old and old.state == "cancelled" and old.history or nil,
    priority = row.priority ~= 0 and row.priority or nil,
    print = row.print ~= "" and row.print or nil, limit = tonumber(row.limit),
    tenant = row.tenant ~= "" and row.tenant or nil,
  }
  local record = records[row.id]
  local due = row.atMs > 0 and row.atMs or now + row.delayMs
  if due > now then
    move(row.id, "schedule", due)
  else
    move(row.id, "push", place(record))
    if not (record.print or record.limit or record.tenant or old) then touched[row.id] = nil end
    wake()
  end
  keep("task", row.id, row.envelope)
end
if #fresh > 0 or next(touched) then
  write(#fresh > 0)
  if charge then charge() end
  publishEvents()
elseif #refused > 0 then
  countEvents()
end
return answer("ok", odd, refused)
