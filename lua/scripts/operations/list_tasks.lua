--- list_tasks: one page of a state, in its order or from its end
---
--- Continues after `after`, the cursor of the previous page, even if that task has
--- left. A page ends early instead of reading megabytes of payloads for the names
--- at their front. The cursor is empty after the last task.
---
--- @arg   state  string
--- @arg   after  string   score and id of the last task seen, or ""
--- @arg   limit  integer  at most 200
--- @arg   last   integer  1 to begin at the end
--- @reply ok tasks:list cursor:string total:integer
--- @use   clock order meta records task_name cursor_rank summary key_types

local key, ids, cursor = STATES[state], {}, ""
if not (isOf("zset", key) and isOf("hash", KEY.record) and isOf("hash", KEY.task)) then
  return answer("ok", {}, "", 0)
end
local total, budget = redis.call("ZCARD", key), 4000000
local start = last == 1 and total - cursorRank(key, after, total) or cursorRank(key, after, 0)
local order = last == 1 and "ZREVRANGE" or "ZRANGE"
local range = redis.call(order, key, start, start + limit - 1, "WITHSCORES")
for i = 1, #range, 2 do
  local id = range[i]
  budget = budget - redis.call("HSTRLEN", KEY.task, id) - redis.call("HSTRLEN", KEY.record, id)
  if budget < 0 and #ids > 0 then break end
  ids[#ids + 1] = id
  cursor = range[i + 1] .. ":" .. id
end
load(ids)
local tasks = {}
for _, id in ipairs(ids) do tasks[#tasks + 1] = summary(id) end
return answer("ok", tasks, start + #ids < total and cursor or "", total)
