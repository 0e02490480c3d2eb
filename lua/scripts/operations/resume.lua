--- resume: opens a paused queue, and wakes a worker for its waiting tasks
---
--- @reply ok
--- @meta  paused closed
--- @use   clock meta commit

if not meta.paused and not meta.closed then return answer("ok") end
local ringing = redis.call("ZCARD", KEY.ready) > 0 and redis.call("LLEN", KEY.bell) == 0
commit()
redis.call("HDEL", KEY.meta, "paused", "closed")
if ringing then redis.call("LPUSH", KEY.bell, "") end
return answer("ok")
