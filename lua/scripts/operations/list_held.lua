--- list_held: the tasks a worker runs, or holds ahead of their start
---
--- @arg   worker  string
--- @arg   limit   integer  at most 200
--- @reply ok tasks:list
--- @use   clock order meta records task_name summary lease_index

local ids = heldBy(worker, limit)
load(ids)
local tasks = {}
for _, id in ipairs(ids) do tasks[#tasks + 1] = summary(id) end
return answer("ok", tasks)
