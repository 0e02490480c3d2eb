--- @use stored_map
-- Reads the stored entry of a worker: its last heartbeat, and the run of this server
-- that has seen its subscription. Nil if there is none, or it cannot be read.
local entryKinds = { beat = "number", lease = "number", about = "string", run = "string",
  mark = "number", blocked = "number", order = "string", obeyed = "string", suspect = "string",
  tallied = "number" }
local function entryIn(packed)
  local entry = packed and storedMap(packed, entryKinds)
  return entry and entry.beat and entry
end
local function workerOf(id)
  return entryIn(redis.call("HGET", KEY.worker, id))
end

-- Returns the run id of this Redis; a restart or a failover changes it. Returns nil if the
-- user has no permission for INFO: then only leases detect dead workers.
local function run()
  local info = redis.pcall("INFO", "server")
  return type(info) == "string" and (string.match(info, "run_id:(%w+)") or "unknown") or nil
end
