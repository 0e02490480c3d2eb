-- Repeats a claim whose reply was lost: the same nonce gets the same tasks. The
-- stored text of a claim is its nonce, then the ids.
local memory = worker .. "#" .. call
local function replayClaim()
  local last = redis.call("HGET", KEY.worker, memory)
  if not last or string.sub(last, 1, #nonce) ~= nonce then return nil end
  local ids, tasks = {}, {}
  for id in string.gmatch(string.sub(last, #nonce + 1), "%S+") do ids[#ids + 1] = id end
  load(ids)
  for i, envelope in ipairs(redis.call("HMGET", KEY.task, unpack(ids))) do
    if envelope and held(ids[i], nonce) then tasks[#tasks + 1] = claimReply(ids[i], envelope) end
  end
  return tasks
end

local function rememberClaim()
  local ids = { nonce }
  for _, task in ipairs(claimed) do ids[#ids + 1] = task[1] end
  redis.call("HSET", KEY.worker, memory, table.concat(ids, " "))
  redis.call("ZADD", KEY.workers, "NX", now, worker)
end
