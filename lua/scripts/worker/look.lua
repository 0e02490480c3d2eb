--- look: what is going on in each of several queues, for a worker of many
---
--- Most of many queues are quiet, and a claim or a sweep in each of them costs far more than
--- a look. Where nothing runs and nothing is due, there is nothing to claim and to sweep.
---
--- `running` is 1 if a task runs. `readyMs` is the time until a task may be claimed, `tidyMs`
--- until one may be purged: 0 if it is over, -1 without one. `workers` counts the fleet.
---
--- @each
--- @reply ok running:integer readyMs:integer tidyMs:integer workers:integer
--- @first clock
--- @use   meta

local workers = redis.call("ZCARD", KEY.workers)
if redis.call("EXISTS", KEY.running, KEY.ready, KEY.scheduled, KEY.quarantined, KEY.completed,
  KEY.cancelled) == 0 then
  return answer("ok", 0, -1, -1, workers)
end
local function soonest(keys)
  local soonestMs = -1
  for _, key in ipairs(keys) do
    local at = redis.call("ZRANGE", key, 0, 0, "WITHSCORES")[2]
    local ms = at and math.max(0, math.ceil(at - now))
    if ms and (soonestMs < 0 or ms < soonestMs) then soonestMs = ms end
  end
  return soonestMs
end
local readyMs = redis.call("EXISTS", KEY.ready) == 1 and 0
  or soonest({ KEY.scheduled, KEY.quarantined })
return answer("ok", redis.call("EXISTS", KEY.running), readyMs,
  soonest({ KEY.completed, KEY.cancelled }), workers)
