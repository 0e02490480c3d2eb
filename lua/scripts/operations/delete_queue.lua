--- delete_queue: deletes a queue with its tasks, limits and counters
---
--- Deletes nothing while a worker serves it, nor while it holds unfinished or dead tasks, unless
--- `force` is 1. Whole keys are unlinked, so the call is as short for a million tasks as for none.
--- A queue of this name that is used later starts a new epoch. The epoch is negative, so that no
--- client takes the deletion for a loss of data. The fence stays, so that no later claim gets one
--- that was used before. `token` names the deletion: a call that is sent again deletes nothing.
---
--- @arg   token  string
--- @arg   force  integer
--- @reply ok
--- @reply served  workers:integer
--- @reply held    counts:list
--- @meta  deleted
--- @use   clock meta commit key_kinds workers

if meta.deleted == token then return answer("ok") end

-- A worker that is silent for two leases is lost: the writes of its tasks are fenced.
local serving = 0
for _, id in ipairs(redis.call("ZRANGE", KEY.workers, -200, -1)) do
  local entry = workerOf(id)
  if entry and now - entry.beat <= 2 * (entry.lease or 10000) then serving = serving + 1 end
end
if serving > 0 then return answer("served", serving) end

local counts, held = {}, false
for _, state in ipairs({ "ready", "scheduled", "running", "quarantined", "dead" }) do
  local n = redis.call("ZCARD", STATES[state])
  if n > 0 then held = true end
  counts[#counts + 1] = state
  counts[#counts + 1] = n
end
if held and force ~= 1 then return answer("held", counts) end

local kept = { schema = true, epoch = true, seq = true, fence = true, deleted = true }
local all, dropped = redis.call("HGETALL", KEY.meta), {}
for i = 1, #all, 2 do
  if not kept[all[i]] then dropped[#dropped + 1] = all[i] end
end
note("epoch", string.format("-%.0f", nowUs))
note("deleted", token)
commit()
if #dropped > 0 then redis.call("HDEL", KEY.meta, unpack(dropped)) end
for _, keys in pairs(keysOf) do
  for name, key in pairs(keys) do
    if name ~= "meta" then redis.call("UNLINK", key) end
  end
end
redis.call("UNLINK", KEY.aside)
return answer("ok")
