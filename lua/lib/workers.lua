-- Reads the stored entry of a worker: its last heartbeat, and the run of this server
-- that has seen its subscription.
local function workerOf(id)
  local packed = redis.call("HGET", KEY.worker, id)
  return packed and cmsgpack.unpack(packed)
end

-- Returns the run id of this Redis; a restart or a failover changes it.
local function run()
  return string.match(redis.call("INFO", "server"), "run_id:(%w+)") or "unknown"
end
