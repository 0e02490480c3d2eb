--- list_queues: all queues that were ever used, by their last use
---
--- @arg   offset  integer
--- @arg   limit   integer  at most 200
--- @reply ok names:list
--- @use   clock meta

return answer("ok", redis.call("ZRANGE", KEY.queues, offset, offset + limit - 1, "WITHSCORES"))
