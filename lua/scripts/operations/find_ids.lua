--- find_ids: finds tasks whose id begins with a text, in one bounded step
---
--- Scans the envelopes, then the records: a waiting task has only an envelope, a
--- completed task only a record. `cursor` of the reply is "0"
--- after the last step of a section.
---
--- @arg   section    string  "task" or "record"
--- @arg   beginning  string  beginning of the local id
--- @arg   cursor     string  "0" first
--- @reply ok cursor:string ids:list
--- @use   clock meta

local hash, ids = section == "task" and KEY.task or KEY.record, {}
if #beginning == 22 then
  if redis.call("HEXISTS", hash, beginning) == 1 then ids[1] = beginning end
  return answer("ok", "0", ids)
end
local page = redis.call("HSCAN", hash, cursor, "MATCH", beginning .. "*", "COUNT", 1000)
for i = 1, #page[2], 2 do ids[#ids + 1] = page[2][i] end
return answer("ok", page[1], ids)
