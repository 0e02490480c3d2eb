--- command_worker: tells a worker what to do
---
--- The order is stored, so that a worker which misses the message reads it off
--- the reply to its next beat, and begins with the caller's token, so that it is
--- obeyed once. A later order takes the place of one that was not obeyed yet.
---
--- @arg   worker  string
--- @arg   order   string  token, what to do, milliseconds
--- @reply ok
--- @reply unknown         no such worker beats here
--- @use   clock meta channel workers commit

local entry = workerOf(worker)
if not entry or not entry.beat then return answer("unknown") end
if entry.order ~= order and entry.obeyed ~= order then
  entry.order = order
  commit()
  redis.call("HSET", KEY.worker, worker, cmsgpack.pack(entry))
end
publish(root .. "@" .. worker, "order")
return answer("ok")
