--- list_workers: the workers with a heartbeat here
---
--- A worker is `[id, beat, seen, missingMs, running, about, order, blockedMs]`. `seen`
--- is 1 if this server has seen its subscription, `missingMs` the time it has been
--- missing. `running` counts its tasks here, `order` is a command it has not applied
--- yet. `blockedMs` is the time for which another thread has renewed its leases.
---
--- @reply ok workers:list
--- @meta  missing
--- @use   clock meta channel workers missing lease_index key_types

local server, fleet = run() or "", {}
if not (isOf("zset", KEY.workers) and isOf("hash", KEY.worker) and isOf("zset", KEY.holds)) then
  return answer("ok", fleet)
end

-- Computed here: after the death of the last worker, no sweep marks it as missing.
local function missingMs(id, entry)
  if entry.run ~= server or listeners(root .. "@" .. id) > 0 then return 0 end
  return math.max(1, now - (missingSince[id] or entry.beat))
end

local range = redis.call("ZRANGE", KEY.workers, 0, 199, "WITHSCORES")
for i = 1, #range, 2 do
  local id = range[i]
  local entry = workerOf(id) or {}
  fleet[#fleet + 1] = {
    id, entry.beat or tonumber(range[i + 1]), entry.run == server and 1 or 0,
    missingMs(id, entry), countHeld(id), entry.about or "", entry.order or "",
    entry.blocked and now - entry.blocked or 0,
  }
end
return answer("ok", fleet)
