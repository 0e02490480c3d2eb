--- list_actions: the log of operator actions, the last first
---
--- `before` is the score the page before ended with; empty for the first one.
---
--- @arg   before  string
--- @arg   limit   integer  at most 200
--- @reply ok entries:list
--- @use   clock meta

local from = before == "" and "+inf" or "(" .. before
return answer("ok",
  redis.call("ZRANGE", KEY.actions, from, "-inf", "BYSCORE", "REV", "LIMIT", 0, limit, "WITHSCORES"))
