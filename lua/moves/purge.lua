-- purge: completed -> nothing, cancelled -> nothing, after their retention.
local function purge(state, limit)
  local over = redis.call("ZRANGEBYSCORE", KEY[state], "-inf", now, "LIMIT", 0, limit)
  load(over)
  for _, id in ipairs(over) do
    local record = records[id]
    if not record then
      orphan(id, state)
    elseif not moved[id] then
      -- Nothing is lost with a record that cannot be read: its time is over.
      if record.state == "corrupt" then record.state = state end
      if not move(id, "purge", 0) then stray(id, state) end
    end
  end
  return #over
end
