-- The stored entry of a worker: when it last beat, and under which run of this
-- server its subscription was seen.
local function workerOf(id)
  local packed = redis.call("HGET", KEY.worker, id)
  return packed and cmsgpack.unpack(packed)
end

-- Returns the run id of this Redis; a restart or a failover changes it.
local function run()
  return string.match(redis.call("INFO", "server"), "run_id:(%w+)") or "unknown"
end
