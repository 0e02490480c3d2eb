--- look: the state of each of several queues, for a worker of many
---
--- Most of many queues are quiet, and a claim or a sweep in each of them costs far more than
--- a look. Where nothing runs and nothing is due, there is nothing to claim and to sweep.
--- Where nothing is ready, a ring is stale: each would end a wait for all the queues.
---
--- `running` is 1 if a task runs, `ready` counts the tasks that wait. `dueMs` is the time until
--- another one may be claimed, `sweepMs` until a sweep is useful: 0 if it is over, -1 if
--- nothing is known. A deferred task may be claimed at once, by a worker that knows it.
---
--- @each
--- @reply ok running:integer ready:integer dueMs:integer sweepMs:integer
--- @first clock

local schema, epoch, seq = unpack(redis.call("HMGET", KEY.meta, "schema", "epoch", "seq"))
if schema and schema ~= "1" then return { "schema", schema, 0 } end
epoch, seq = epoch or "", tonumber(seq) or 0
if redis.call("EXISTS", KEY.running, KEY.ready, KEY.scheduled, KEY.quarantined, KEY.completed,
  KEY.cancelled, KEY.bell) == 0 then
  return { "ok", epoch, seq, 0, 0, -1, -1 }
end
local function msUntil(key)
  local at = redis.call("ZRANGE", key, 0, 0, "WITHSCORES")[2]
  return at and math.max(0, math.ceil(at - now)) or math.huge
end
local running, ready = redis.call("EXISTS", KEY.running), redis.call("ZCARD", KEY.ready)
local dueMs = math.min(msUntil(KEY.scheduled), msUntil(KEY.quarantined))
local sweepMs = math.min(dueMs, msUntil(KEY.completed), msUntil(KEY.cancelled))
if ready == 0 then redis.call("DEL", KEY.bell) end
-- A sweep rings where workers have missed the ring of a task.
if running == 1 or ready > 0 and redis.call("EXISTS", KEY.bell) == 0 then sweepMs = 0 end
if redis.call("EXISTS", KEY.deferred) == 1 then dueMs = 0 end
local function reply(ms)
  return ms < math.huge and ms or -1
end
return { "ok", epoch, seq, running, ready, reply(dueMs), reply(sweepMs) }
