--- stats: how many tasks are where, and what has happened so far
---
--- `oldestMs` is the age of the task that is first in line. `counters` is a flat
--- list of names and values since the queue began.
---
--- @reply ok counts:list counters:list oldestMs:integer workers:list
--- @use   clock meta records

local counts, counters = {}, {}
for state, key in pairs(STATES) do
  counts[#counts + 1] = state
  counts[#counts + 1] = redis.call("ZCARD", key)
end
local all = redis.call("HGETALL", KEY.meta)
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 2) == "n:" then
    counters[#counters + 1] = string.sub(all[i], 3)
    counters[#counters + 1] = all[i + 1]
  end
end
local first = redis.call("ZRANGE", KEY.ready, 0, 0)
load(first)
local oldestMs = first[1] and math.max(0, now - pushedAt(records[first[1]])) or 0
return answer("ok", counts, counters, oldestMs, redis.call("ZRANGE", KEY.workers, 0, 199))
