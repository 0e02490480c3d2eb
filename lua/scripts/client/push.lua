--- push: nothing, cancelled or dead -> ready or scheduled
---
--- Accepts tasks. The caller makes the id, so that a repeated push is the same task;
--- the id of an idempotent task is its key, and one record decides the outcome.
--- A push from inside a task names its parent, and a parent that lost its lease
--- pushes nothing.
---
--- `odd` lists every row whose task existed: its index and the state it met: "joined" if
--- the task waits, "running", "dead", "replayed" if it is completed, or "conflict". A completed
--- task is no longer there once its key or its result has ended, and one that answers "replayed"
--- is kept until its result can be read.
---
--- A dead task is never replaced by the first push of its key: the push may have been sent
--- twice, and the task may have died of its first sending. `dead` lists the index, the death, and
--- the ms since the task was pushed and died, of each row that met a dead task. To replace the
--- task, the caller sends the row again, with that death and a token of its own: only this death
--- is replaced, and once.
---
--- `refused` lists every row that a limit refuses: its index, the first
--- such limit ("closed", "depth", "age", "tenant", "rate", in this order), and the ms
--- until a retry. Rows within the limits are accepted, others are not. A refusal
--- changes only counters.
---
--- lib/plain_push.lua answers a push of new tasks that have no options besides a priority, also
--- in `push_plain`, which has fewer keys.
---
--- @arg   parent   string   id of the pushing task in this partition, or ""
--- @arg   nonce    string   of the parent's claim
--- @arg   own      string   limits of the producer, see core/protocol/limits.ts, or ""
--- @row   id:string priority:integer envelope:string delayMs:integer atMs:integer print:string limit:string tenant:string death:string
--- @reply ok odd:list refused:list dead:list
--- @reply plain           all rows are new tasks; `push_plain` may take the next ones
--- @reply stale           the parent's lease is lost; nothing was pushed
--- @on    push schedule
--- @meta  closed limits paused
--- @first clock order channel distinct_ids plain_push_first
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

local odd, refused, dead, fresh, seen = {}, {}, {}, {}, {}
local refusal, charge
if own ~= "" or meta.limits or meta.closed then refusal, charge = admission() end
local words = { completed = "replayed", running = "running", dead = "dead" }
for i, row in ipairs(rows) do
  local record = records[row.id]
  local death, token = string.match(row.death, "^(%S+) (%S+)$")
  local died = record and record.state == "dead" and not seen[row.id]
    and (redis.call("ZSCORE", KEY.dead, row.id) or "0")
  if token and record and record.token == token then
    -- The same row again: its task was made by the first one.
  elseif seen[row.id] or record and not isOver(row.id, record) and not (died and died == death) then
    local print = seen[row.id] or record.print or ""
    local word = not seen[row.id] and words[record.state] or "joined"
    if row.print ~= "" and print ~= "" and row.print ~= print then word = "conflict" end
    if word == "replayed" then keepForReading(row.id, record) end
    odd[#odd + 1] = i - 1
    odd[#odd + 1] = word
    if died then
      dead[#dead + 1] = i - 1
      dead[#dead + 1] = died
      dead[#dead + 1] = now - math.max(tonumber(died), pushedAt(record)) + 1
    end
  else
    local reason, waitMs
    if refusal then reason, waitMs = refusal(row.tenant, 1) end
    if reason then
      refused[#refused + 1] = i - 1
      refused[#refused + 1] = reason
      refused[#refused + 1] = waitMs
      count("refused:" .. reason)
    else
      seen[row.id], row.token = row.print, token
      fresh[#fresh + 1] = row
    end
  end
end

for _, row in ipairs(fresh) do
  local order = arrival()
  local old = records[row.id]
  records[row.id] = {
    state = old and old.state or "none", order = order,
    history = old and old.state ~= "completed" and old.history or nil,
    priority = row.priority ~= 0 and row.priority or nil,
    print = row.print ~= "" and row.print or nil, limit = tonumber(row.limit),
    tenant = row.tenant ~= "" and row.tenant or nil, token = old and row.token,
  }
  local record = records[row.id]
  if old and old.state == "dead" and (old.print or "") ~= row.print then
    -- Steps and partial results of a dead task are good for the same payload only.
    forget("partial", row.id)
    forget("steps", row.id)
  end
  local due = row.atMs > 0 and row.atMs or now + row.delayMs
  if due > now then
    if row.atMs <= 0 then record.delay = row.delayMs end
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
return answer("ok", odd, refused, dead)
