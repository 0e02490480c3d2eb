--- register_queue: records that a queue is in use
---
--- Stored in a separate partition that all queues share.
---
--- @arg   queue  string
--- @reply ok
--- @use   clock meta commit

local seen = tonumber(redis.call("ZSCORE", KEY.queues, queue)) or 0
if now - seen > 60000 then
  commit()
  redis.call("ZADD", KEY.queues, now, queue)
end
return answer("ok")
