--- purge_locks: completed -> nothing, for locks after their retention
---
--- No worker sweeps where locks are stored, so the clients that complete them call this.
--- `nextMs` is the time until the next retention ends, 0 if more have ended, -1 if no result
--- is stored.
---
--- @reply ok nextMs:integer
--- @on    purge
--- @use   clock order meta records channel move wake commit add_many write purge

local full = purge("completed", 200) == 200
if next(moved) then write() end
local first = redis.call("ZRANGE", KEY.completed, 0, 0, "WITHSCORES")[2]
return answer("ok", full and 0 or first and math.max(1, math.ceil(tonumber(first) - now)) or -1)
