--- queue_gauges: the gauges of a queue, for the one worker that exports them
---
--- If every worker exported the gauges, a backend would add them up once per worker. So
--- one worker holds a lease on the export. It is free when the lease ends, or when its
--- holder is known to have died. `oldestMs` is the age of the task that is first in line.
--- `workers` counts workers by their published state, `memory` is the memory the server
--- uses and its limit, 0 without one.
---
--- @arg   worker   string
--- @arg   leaseMs  integer
--- @reply ok counts:list oldestMs:integer workers:list memory:list
--- @reply other            another worker reports this queue
--- @meta  reporter reporterUntil
--- @use   clock order meta records workers commit

local holder = meta.reporter
-- Later than a lease from now: the clock was set back since.
local leftMs = (tonumber(meta.reporterUntil) or 0) - now
local held = holder and holder ~= worker and leftMs > 0 and leftMs <= leaseMs
if held and redis.call("ZSCORE", KEY.workers, holder) then return answer("other") end

local counts, states, workers = {}, {}, {}
for state, key in pairs(STATES) do
  counts[#counts + 1] = state
  counts[#counts + 1] = redis.call("ZCARD", key)
end
for _, id in ipairs(redis.call("ZRANGE", KEY.workers, 0, 199)) do
  local entry = workerOf(id)
  local state = entry and string.match(entry.about or "", '"state":"(%l+)"') or "working"
  states[state] = (states[state] or 0) + 1
end
for state, many in pairs(states) do
  workers[#workers + 1] = state
  workers[#workers + 1] = many
end
local first = redis.call("ZRANGE", KEY.ready, 0, 0)[1]
load({ first })
local info = redis.pcall("INFO", "memory")
local function fact(name)
  return type(info) == "string" and string.match(info, name .. ":(%d+)") or "0"
end
note("reporter", worker)
note("reporterUntil", now + leaseMs)
commit()
return answer("ok", counts, first and math.max(0, now - pushedAt(records[first])) or 0, workers,
  { fact("used_memory"), fact("maxmemory") })
