--- stats: the number of tasks in each state, and the counters of events
---
--- `oldestMs` is the age of the task that is first in line, `suspectMs` the time the
--- first suspect has been in quarantine, `overdueMs` the time since the most overdue
--- lease ended. `counters` and `numbers` are flat lists of names and values: events
--- since the queue began, and other settings and facts.
---
--- @reply ok counts:list counters:list numbers:list oldestMs:integer suspectMs:integer overdueMs:integer workers:list
--- @use   clock order meta records

local counts, counters, numbers = {}, {}, {}
for state, key in pairs(STATES) do
  counts[#counts + 1] = state
  counts[#counts + 1] = redis.call("ZCARD", key)
end
local all = redis.call("HGETALL", KEY.meta)
for i = 1, #all, 2 do
  local counter = string.match(all[i], "^n:(.+)")
  local list = counter and counters or numbers
  list[#list + 1] = counter or all[i]
  list[#list + 1] = all[i + 1]
end
numbers[#numbers + 1] = "now"
numbers[#numbers + 1] = string.format("%.0f", now)

local first = redis.call("ZRANGE", KEY.ready, 0, 0)[1]
local suspect = redis.call("ZRANGE", KEY.quarantined, 0, 0)[1]
local lease = redis.call("ZRANGE", KEY.running, 0, 0, "WITHSCORES")[2]
load({ first or suspect, first and suspect })
local oldest, held = records[first or ""], records[suspect or ""]
return answer("ok", counts, counters, numbers,
  oldest and math.max(0, now - pushedAt(oldest)) or 0,
  held and math.max(0, now - (held.ended or now)) or 0,
  lease and math.max(0, now - tonumber(lease)) or 0, redis.call("ZRANGE", KEY.workers, 0, 199))
