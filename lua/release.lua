--- release: dead -> ready
---
--- Gives dead tasks another life: the counters start again, the history stays.
--- It is one move, so nothing can be published and then fail to be deleted.
--- `missed` are the ids that are not dead.
---
--- @row   id:string
--- @reply ok missed:list
--- @on    release
--- @use   clock meta records channel move ring commit write announce

local ids, missed = {}, {}
for i, row in ipairs(rows) do ids[i] = row.id end
load(ids)
for _, id in ipairs(ids) do
  local record = records[id]
  if not record or record.state ~= "dead" then
    missed[#missed + 1] = id
  else
    record.order = arrival()
    for _, name in ipairs({ "failures", "crashes", "stalls", "lost", "deferrals", "deferredAt",
      "settled", "nonce", "reason", "error" }) do record[name] = nil end
    move(id, "release", place(record))
    ring()
  end
end
if next(moved) then
  write()
  announce()
end
return answer("ok", missed)
