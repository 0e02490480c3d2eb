--- renew: running -> running, for every task a worker holds
---
--- Sent for a worker whose event loop is blocked, by a thread beside it that does
--- not know what it holds: Redis does. `after` and `next` lead through more than
--- one call takes; both are "" at the ends. The rows are tasks whose handler was
--- started lately, which Redis may not have been told. Lane duty is not renewed:
--- a blocked worker cannot do it. Since when it has been is kept for people, until
--- the worker beats by itself.
---
--- @arg   worker   string
--- @arg   leaseMs  integer
--- @arg   after    string
--- @row   id:string
--- @reply ok next:string
--- @on    beat
--- @use   clock meta records channel move wake workers commit write

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
entry.mark, entry.beat, entry.blocked = nil, now, entry.blocked or now
redis.call("ZCARD", KEY.workers) -- Touched before the first write; see lib/write.lua.
write()
redis.call("ZADD", KEY.workers, now, worker)
redis.call("HSET", KEY.worker, worker, cmsgpack.pack(entry))
return answer("ok", #ids == 200 and ids[200] or "")
