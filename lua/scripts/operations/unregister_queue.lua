--- unregister_queue: removes the name of a queue from the list of queues
---
--- @arg   queue  string
--- @reply ok
--- @use   clock meta commit

if redis.call("ZSCORE", KEY.queues, queue) then
  commit()
  redis.call("ZREM", KEY.queues, queue)
end
return answer("ok")
