--- @use key_types
-- The keys of a partition by name, and their types.
local keysOf = {
  hash = { meta = KEY.meta, task = KEY.task, record = KEY.record, partial = KEY.partial,
    steps = KEY.steps, worker = KEY.worker, waiters = KEY.waiters, minutes = KEY.minutes,
    hours = KEY.hours },
  zset = { holds = KEY.holds, workers = KEY.workers, tenants = KEY.tenants,
    deferred = KEY.deferred, rate = KEY.rate },
  list = { bell = KEY.bell },
}
for state, key in pairs(STATES) do keysOf.zset[state] = key end

-- Returns the names of the keys of a wrong type, each with the type it should have.
local function wrongKeys()
  local wrong = {}
  for kind, keys in pairs(keysOf) do
    for name, key in pairs(keys) do
      if not isOf(kind, key) then wrong[name] = kind end
    end
  end
  return wrong
end
