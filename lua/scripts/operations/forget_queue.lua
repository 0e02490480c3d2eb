--- forget_queue: removes the name of a queue from the list of queues
---
--- A process registers a queue again `againMs` after the last time. So a name that was
--- registered later than that stays: a process could use the queue, and not register it.
--- `seen` is the last time it was registered.
---
--- @arg   queue    string
--- @arg   againMs  integer
--- @reply ok
--- @reply used  seen:integer
--- @use   clock meta commit

local seen = tonumber(redis.call("ZSCORE", KEY.queues, queue)) or 0
if now - seen <= againMs then return answer("used", seen) end
if seen > 0 then
  commit()
  redis.call("ZREM", KEY.queues, queue)
end
return answer("ok")
