--- task_status: the states of tasks, and the results of the final ones
---
--- With a channel, the script that settles an unfinished task later publishes its id
--- there. A task is `[state, failures, progress, worker, reason, error, result, unkept]`; the
--- state of an unknown one is empty, and so is that of one whose retention has ended.
--- The reply holds fewer tasks than rows once it is full: see lib/reply_bytes.lua.
---
--- @arg   channel  string   such as "@client", without the root; or ""
--- @row   id:string
--- @reply ok tasks:list
--- @use   clock order meta records commit retention reply_bytes

local ids, tasks, bytes = {}, {}, 0
for i, row in ipairs(rows) do ids[i] = row.id end
load(ids)
local waiters = channel ~= "" and redis.call("HMGET", KEY.waiters, unpack(ids)) or {}
local completed = retentionOf(ids, "completed", KEY.completed)
local cancelled = retentionOf(ids, "cancelled", KEY.cancelled)
local added = {}
for i, id in ipairs(ids) do
  if bytes > replyBytes then break end
  local record = records[id]
  if not record or (completed[id] or cancelled[id] or math.huge) <= now then
    record = { state = "" }
  end
  tasks[i] = {
    record.state, record.failures or 0, record.progress or "", record.worker or "",
    record.reason or "", record.error or "", record.result or "", record.unkept or "",
  }
  bytes = bytes + #tasks[i][6] + #tasks[i][7]
  local final = record.state == "completed" or record.state == "dead"
    or record.state == "cancelled" or record.state == ""
  local others = waiters[i] or ""
  if channel ~= "" and not final and not string.find(others, channel, 1, true) and #others < 512 then
    added[#added + 1] = id
    added[#added + 1] = others .. " " .. channel
  end
end
if #added > 0 then
  commit()
  redis.call("HSET", KEY.waiters, unpack(added))
end
return answer("ok", tasks)
