--- discard: dead -> nothing
---
--- Forgets dead tasks for good. `missed` are the ids that are not dead.
---
--- @row   id:string
--- @reply ok missed:list
--- @on    discard
--- @use   clock meta records channel move ring commit write

local ids, missed = {}, {}
for i, row in ipairs(rows) do ids[i] = row.id end
load(ids)
for _, id in ipairs(ids) do
  if not move(id, "discard", 0) then missed[#missed + 1] = id end
end
if next(moved) then write() end
return answer("ok", missed)
