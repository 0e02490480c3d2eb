--- command_worker: stores and publishes a command to a worker
---
--- The command is stored, so that a worker which misses the message reads it from
--- the reply to its next heartbeat. It begins with the caller's token, so that the
--- worker applies it once. A later command replaces one that was not applied yet.
---
--- @arg   worker  string
--- @arg   order   string  token, command, milliseconds
--- @reply ok
--- @reply unknown         no such worker has a heartbeat here
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
