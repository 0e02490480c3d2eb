--- inspect: everything stored about one task
---
--- `facts` is a flat list of names and values, `task` the summary of the task. `history`
--- is a flat list of the last ten attempts: start, worker, end, and cause with
--- its note. `steps` is a flat list of names and results.
---
--- @arg   id  string
--- @reply ok facts:list history:list envelope:string partial:string task:list steps:list
--- @reply unknown
--- @use   clock order meta records task_name summary

load({ id })
local record = records[id]
if not record then return answer("unknown") end
local facts = { "pushedAt", string.format("%.0f", pushedAt(record)) }
for name, value in pairs(record) do
  if name ~= "history" and name ~= "nonce" and name ~= "settled" and name ~= "order"
    and name ~= "token" then
    facts[#facts + 1] = name
    facts[#facts + 1] = type(value) == "number" and string.format("%.0f", value) or tostring(value)
  end
end
facts[#facts + 1] = "score"
local place = STATES[shownState(id)]
facts[#facts + 1] = redis.call("ZSCORE", place, id) or ""
local first = record.state == "completed" and { record.since, record.worker, record.ended, "completed" }
facts[#facts + 1] = "ahead"
facts[#facts + 1] = string.format("%d", redis.call("ZRANK", place, id) or 0)
return answer("ok", facts, record.history or first or {}, redis.call("HGET", KEY.task, id) or "",
  redis.call("HGET", KEY.partial, id) or "", summary(id),
  storedPairs(redis.call("HGET", KEY.steps, id)) or {})
