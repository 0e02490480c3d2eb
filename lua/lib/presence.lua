-- Detects dead workers. A worker's subscription ends with its process. Only a worker
-- that this run of the server has seen subscribed can be missing, and it is presumed
-- dead if it is still missing `graceMs` later: a heartbeat clears the mark.
local server, met, gone = run(), {}, {}
local lookAgainMs = math.huge
local function missing(id, entry)
  if now - entry.beat > 20 * (entry.lease or leaseMs) then return true end
  if entry.run ~= server then return false end
  if listeners(root .. "@" .. id) > 0 then
    if entry.mark then met[id], entry.mark = entry, nil end
    return false
  end
  if not entry.mark then met[id], entry.mark = entry, now end
  lookAgainMs = math.min(lookAgainMs, entry.mark + graceMs - now)
  return now - entry.mark >= graceMs
end

-- Deletes a worker that holds no task any more.
local function dismiss(id)
  redis.call("ZREM", KEY.workers, id)
  redis.call("HDEL", KEY.worker, id, id .. "#0", id .. "#1")
  if meta.lane == id then redis.call("HDEL", KEY.meta, "lane", "laneUntil") end
end
