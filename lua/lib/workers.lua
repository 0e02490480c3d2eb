-- Reads the stored entry of a worker: its last heartbeat, and the run of this server
-- that has seen its subscription.
local function workerOf(id)
  local packed = redis.call("HGET", KEY.worker, id)
  return packed and cmsgpack.unpack(packed)
end

-- Returns the run id of this Redis; a restart or a failover changes it. Returns nil if the
-- user has no permission for INFO: then only leases detect dead workers.
local function run()
  local info = redis.pcall("INFO", "server")
  return type(info) == "string" and (string.match(info, "run_id:(%w+)") or "unknown") or nil
end
