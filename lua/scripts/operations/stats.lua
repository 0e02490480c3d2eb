--- stats: the number of tasks in each state, and the counters of events
---
--- `oldestMs` is the age of the task that is first in line, `suspectMs` the time the
--- first suspect has been in quarantine, `overdueMs` the time since the most overdue
--- lease ended. `counters` and `numbers` are flat lists of names and values: events
--- since the queue began, and other settings and facts.
---
--- @reply ok counts:list counters:list numbers:list oldestMs:integer suspectMs:integer overdueMs:integer workers:list
--- @use   clock order meta records key_types

local counts, counters, numbers = {}, {}, {}
for state, key in pairs(STATES) do
  counts[#counts + 1] = state
  counts[#counts + 1] = isOf("zset", key) and redis.call("ZCARD", key) or 0
end
local all = isOf("hash", KEY.meta) and redis.call("HGETALL", KEY.meta) or {}
for i = 1, #all, 2 do
  local counter = string.match(all[i], "^n:(.+)")
  local list = counter and counters or numbers
  list[#list + 1] = counter or all[i]
  list[#list + 1] = all[i + 1]
end
numbers[#numbers + 1] = "now"
numbers[#numbers + 1] = string.format("%.0f", now)

local function firstOf(key)
  if isOf("zset", key) then return unpack(redis.call("ZRANGE", key, 0, 0, "WITHSCORES")) end
end
local first, suspect = firstOf(KEY.ready), firstOf(KEY.quarantined)
local _, lease = firstOf(KEY.running)
if isOf("hash", KEY.record) and isOf("zset", KEY.ready) then
  load({ first or suspect, first and suspect })
end
local oldest, held = records[first or ""], records[suspect or ""]
return answer("ok", counts, counters, numbers,
  oldest and math.max(0, now - pushedAt(oldest)) or 0,
  held and math.max(0, now - (held.ended or now)) or 0,
  lease and math.max(0, now - tonumber(lease)) or 0, isOf("zset", KEY.workers) and redis.call("ZRANGE", KEY.workers, 0, 199) or {})
