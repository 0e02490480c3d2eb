--- list_workers: the workers that beat here
---
--- A worker is `[id, beat, seen, missingMs, running, about, order, blockedMs]`:
--- whether this server has seen its subscription, for how long it has not now, what
--- it holds here, an order it has not obeyed yet, and for how long another thread
--- has had to beat for it.
---
--- @reply ok workers:list
--- @use   clock meta channel workers lease_index

local server, fleet = run(), {}

-- Computed here: where the last worker died, no sweep marks it as missing.
local function missingMs(id, entry)
  if entry.run ~= server or listeners(root .. "@" .. id) > 0 then return 0 end
  return math.max(1, now - (entry.mark or entry.beat))
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
