--- push: nothing -> ready or scheduled
---
--- Accepts tasks. The id is made by the caller, so that the same push again is
--- the same task; for an idempotent task it is the key, and what comes of it is
--- read off one record. A push from inside a task names its parent, and a parent
--- that lost its lease pushes nothing.
---
--- `odd` lists every row that made no new task: its index and "joined",
--- "replayed", "conflict" or, where the queue takes no more, "full".
---
--- @arg   parent   string   id of the pushing task in this partition, or ""
--- @arg   nonce    string   of the parent's claim
--- @arg   depth    integer  how many tasks may wait here, 0 for any number
--- @row   id:string delayMs:integer atMs:integer priority:integer print:string limit:string envelope:string
--- @reply ok odd:list retryMs:integer
--- @reply stale           the parent's lease is lost; nothing was pushed
--- @on    push schedule
--- @use   clock meta records held channel move ring commit write announce admit

local ids = { parent ~= "" and parent or nil }
for _, row in ipairs(rows) do ids[#ids + 1] = row.id end
load(ids)
if parent ~= "" and not held(parent, nonce) then return answer("stale") end

local odd, fresh, seen, room = {}, {}, {}, roomLeft()
for i, row in ipairs(rows) do
  local record = records[row.id]
  if seen[row.id] or record and record.state ~= "cancelled" then
    local print = seen[row.id] or record.print or ""
    local word = record and record.state == "completed" and "replayed" or "joined"
    if row.print ~= "" and print ~= "" and row.print ~= print then word = "conflict" end
    odd[#odd + 1] = i - 1
    odd[#odd + 1] = word
  elseif #fresh >= room then
    odd[#odd + 1] = i - 1
    odd[#odd + 1] = "full"
  else
    seen[row.id] = row.print
    fresh[#fresh + 1] = row
  end
end

for _, row in ipairs(fresh) do
  local order = arrival()
  local old = records[row.id]
  records[row.id] = {
    state = old and old.state or "none", order = order, history = old and old.history,
    priority = row.priority ~= 0 and row.priority or nil,
    print = row.print ~= "" and row.print or nil, limit = tonumber(row.limit),
  }
  local record = records[row.id]
  local due = row.atMs > 0 and row.atMs or now + row.delayMs
  if due > now then
    move(row.id, "schedule", due)
  else
    move(row.id, "push", place(record))
    if not (record.print or record.limit or old) then touched[row.id] = nil end
    ring()
  end
  keep("task", row.id, row.envelope)
end
if #fresh > 0 then
  write(true)
  announce()
end
return answer("ok", odd, 1000)
