--- list_actions: the log of operator actions, the latest first
---
--- `before` is the last score of the previous page; empty for the first page.
---
--- @arg   before  string
--- @arg   limit   integer  at most 200
--- @reply ok entries:list
--- @use   clock meta

local from = before == "" and "+inf" or "(" .. before
return answer("ok",
  redis.call("ZRANGE", KEY.actions, from, "-inf", "BYSCORE", "REV", "LIMIT", 0, limit, "WITHSCORES"))
