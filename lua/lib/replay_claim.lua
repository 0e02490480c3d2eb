-- Repeats a claim whose reply was lost: the same nonce gets the same tasks, but for those
-- whose cancellation was asked meanwhile: they stop before they start. The stored text of a
-- claim is its nonce, the lease, then the ids.
local memory = worker .. "#" .. call
local function replayClaim()
  local last = redis.call("HGET", KEY.worker, memory)
  if not last or string.sub(last, 1, #nonce) ~= nonce then return nil end
  local ids, tasks = {}, {}
  for id in string.gmatch(string.match(last, "^%S+ %d+(.*)") or "", "%S+") do ids[#ids + 1] = id end
  load(ids)
  for i, envelope in ipairs(redis.call("HMGET", KEY.task, unpack(ids))) do
    local id = ids[i]
    if envelope and held(id, nonce) then
      local record = records[id]
      if record.cancel then
        stop({ id = id, nonce = nonce }, record)
      else
        tasks[#tasks + 1] = claimReply(id, envelope)
      end
    end
  end
  return tasks
end

local function rememberClaim()
  local ids = { nonce, string.format("%.0f", leaseMs) }
  for _, task in ipairs(claimed) do ids[#ids + 1] = task[1] end
  redis.call("HSET", KEY.worker, memory, table.concat(ids, " "))
  redis.call("ZADD", KEY.workers, "NX", now, worker)
end
