-- purge: completed -> nothing, cancelled -> nothing, after their retention.
local function purge(state, limit)
  local over = redis.call("ZRANGEBYSCORE", KEY[state], "-inf", now, "LIMIT", 0, limit)
  load(over)
  for _, id in ipairs(over) do
    if not records[id] then orphan(id, state) elseif not moved[id] then move(id, "purge", 0) end
  end
  return #over
end
