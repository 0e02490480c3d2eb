--- promote: scheduled -> ready, before it is due
---
--- `missed` are the ids that were not scheduled.
---
--- @arg   token  string   of this call, to recognise its repetition
--- @row   id:string
--- @reply ok missed:list
--- @on    promote
--- @meta  paused
--- @use   clock order meta records channel move wake commit add_many write notify_waiters publish_events

local ids, missed = {}, {}
for i, row in ipairs(rows) do ids[i] = row.id end
load(ids)
for _, id in ipairs(ids) do
  local record = records[id]
  if record and record.state == "scheduled" then
    record.token, record.readyAt, record.delay = token, now, nil
    move(id, "promote", place(record))
    wake()
  elseif not record or record.token ~= token then
    missed[#missed + 1] = id
  end
end
if next(moved) then
  write()
  publishEvents()
end
return answer("ok", missed)
