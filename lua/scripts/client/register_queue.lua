--- register_queue: this queue is in use
---
--- Kept in a home of its own, which every queue shares.
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
