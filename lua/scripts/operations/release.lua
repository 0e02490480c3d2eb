--- release: dead -> ready
---
--- Moves dead tasks back to ready: their counters restart, their history stays. An
--- `envelope` replaces the stored one, "" keeps it. Both are one script, so a task
--- cannot be both ready and dead. `missed` are the ids that were not dead. `lives` are
--- the released tasks, for telemetry: id, name and the trace context of the last attempt,
--- "" without one.
---
--- @arg   token     string   of this call, to recognise its repetition
--- @arg   observed  integer  1 if the reply lists the lives
--- @row   id:string envelope:string
--- @reply ok missed:list lives:list
--- @on    release
--- @meta  paused
--- @use   clock order meta records channel move wake commit add_many write notify_waiters publish_events task_name

local ids, missed, lives = {}, {}, {}
for i, row in ipairs(rows) do ids[i] = row.id end
load(ids)
for i, id in ipairs(ids) do
  local record = records[id]
  if record and record.state == "dead" then
    record.order = arrival()
    for _, name in ipairs({ "failures", "crashes", "stalls", "lost", "deferrals", "deferredAt", "handoffs",
      "settled", "nonce", "reason", "error" }) do record[name] = nil end
    record.token = token
    if rows[i].envelope ~= "" then keep("task", id, rows[i].envelope) end
    move(id, "release", place(record))
    wake()
  elseif not record or record.token ~= token then
    missed[#missed + 1], record = id, nil
  end
  if record and observed == 1 then
    local name, trace = record.name, record.trace
    if not name then
      local envelope = rows[i].envelope
      name = nameIn(envelope ~= "" and envelope or redis.call("HGET", KEY.task, id))
    end
    if record.state == "running" then trace = record.before end
    lives[#lives + 1] = { id, name, trace or "" }
  end
end
if next(moved) then
  write()
  publishEvents()
end
return answer("ok", missed, lives)
