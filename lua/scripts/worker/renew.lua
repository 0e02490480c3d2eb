--- renew: running -> running, for every task a worker holds
---
--- A second thread sends it for a worker whose event loop is blocked. The thread does
--- not know the tasks of the worker, but Redis does. `after` and `next` page through more
--- tasks than one call takes; both are "" at the ends. The rows are tasks whose handler
--- started lately, which Redis may not know yet. The start of the block is stored for people, until
--- the worker itself sends a heartbeat.
---
--- @arg   worker   string
--- @arg   leaseMs  integer
--- @arg   after    string
--- @row   id:string
--- @reply ok next:string
--- @on    beat
--- @meta  missing
--- @use   clock order meta records channel move wake workers missing commit add_many write

local started = {}
for _, row in ipairs(rows) do started[row.id] = true end
local ids = redis.call("ZRANGEBYLEX", KEY.holds, "(" .. worker .. "~" .. after,
  "(" .. worker .. "\127", "LIMIT", 0, 200)
for i, member in ipairs(ids) do ids[i] = string.sub(member, #worker + 2) end
load(ids)
for _, id in ipairs(ids) do
  local record = records[id]
  if record and move(id, "beat", now + leaseMs) then
    if record.started or not started[id] then touched[id] = nil else record.started = true end
  end
end

local entry = workerOf(worker)
if not entry and #ids == 0 then return answer("ok", "") end
entry = entry or {}
entry.run = listeners(root .. "@" .. worker) > 0 and run() or nil
entry.beat, entry.blocked = now, entry.blocked or now
noteMissing({ [worker] = false })
redis.call("ZCARD", KEY.workers) -- Touched before the first write; see lib/write.lua.
write()
redis.call("ZADD", KEY.workers, now, worker)
redis.call("HSET", KEY.worker, worker, cmsgpack.pack(entry))
return answer("ok", #ids == 200 and ids[200] or "")
