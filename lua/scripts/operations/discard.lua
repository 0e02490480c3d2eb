--- discard: dead, completed or cancelled -> nothing
---
--- Deletes final tasks for good. `missed` are the ids of unfinished tasks; an unknown
--- id is not missed.
---
--- @row   id:string
--- @reply ok missed:list
--- @on    discard
--- @use   clock order meta records channel move wake commit add_many write notify_waiters publish_events

local ids, missed = {}, {}
for i, row in ipairs(rows) do ids[i] = row.id end
load(ids)
for _, id in ipairs(ids) do
  if records[id] and not move(id, "discard", 0) then missed[#missed + 1] = id end
end
if next(moved) then
  write()
  publishEvents()
end
return answer("ok", missed)
