-- What is known of a worker: when it last beat, and under which run of this
-- server its subscription was seen.
local function workerOf(id)
  local packed = redis.call("HGET", KEY.worker, id)
  return packed and cmsgpack.unpack(packed)
end

-- Which run of Redis this is: another one after a restart or a failover.
local function run()
  return string.match(redis.call("INFO", "server"), "run_id:(%w+)") or "unknown"
end
