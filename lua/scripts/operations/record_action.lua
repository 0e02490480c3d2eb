--- record_action: logs the action of an operator on a queue, a task or a worker
---
--- Stored in the partition of the queues' names, by Redis's clock in microseconds. Each
--- score is higher than the one before, so that a page begins where the last one ended.
--- The last 10,000 are kept. `entry` has a token, so a repeated call adds nothing.
---
--- @arg   entry  string
--- @reply ok
--- @use   clock meta commit

if not redis.call("ZSCORE", KEY.actions, entry) then
  local last = redis.call("ZRANGE", KEY.actions, -1, -1, "WITHSCORES")[2]
  commit()
  redis.call("ZADD", KEY.actions, string.format("%.0f", math.max(nowUs, (last or 0) + 1)), entry)
  local over = math.min(200, redis.call("ZCARD", KEY.actions) - 10000)
  if over > 0 then
    redis.call("ZREM", KEY.actions, unpack(redis.call("ZRANGE", KEY.actions, 0, over - 1)))
  end
end
return answer("ok")
