--- release: dead -> ready
---
--- Gives dead tasks another life: the counters start again, the history stays.
--- An `envelope` takes the place of the stored one, "" keeps it. It is one move, so nothing can be published and then fail to be deleted.
--- `missed` are the ids that were not dead.
---
--- @arg   token  string   of this call, by which it is known when it comes again
--- @row   id:string envelope:string
--- @reply ok missed:list
--- @on    release
--- @meta  paused
--- @by    operator
--- @use   clock meta records channel move ring commit write announce

local ids, missed = {}, {}
for i, row in ipairs(rows) do ids[i] = row.id end
load(ids)
for i, id in ipairs(ids) do
  local record = records[id]
  if not record or record.state ~= "dead" then
    if not record or record.token ~= token then missed[#missed + 1] = id end
  else
    record.order = arrival()
    for _, name in ipairs({ "failures", "crashes", "stalls", "lost", "deferrals", "deferredAt",
      "settled", "nonce", "cancel", "reason", "error" }) do record[name] = nil end
    record.token = token
    if rows[i].envelope ~= "" then keep("task", id, rows[i].envelope) end
    move(id, "release", place(record))
    ring()
  end
end
if next(moved) then
  write()
  announce()
end
return answer("ok", missed)
