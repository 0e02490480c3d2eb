--- summarize: the summary of one task, without its payload, its results and its history
---
--- @arg   id  string
--- @reply ok task:list tenant:string
--- @reply unknown
--- @use   clock order meta records task_name summary

load({ id })
local line = summary(id)
if not line then return answer("unknown") end
return answer("ok", line, records[id].tenant or "")
