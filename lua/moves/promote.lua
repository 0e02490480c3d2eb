--- @use condemn ready_record
-- promote: scheduled -> ready, for due tasks. At most 100 at a time: the caller calls
-- again. Returns the milliseconds until the next call is useful, or -1.
local function promote()
  local due = redis.call("ZRANGEBYSCORE", KEY.scheduled, "-inf", now, "LIMIT", 0, 100)
  load(due)
  for _, id in ipairs(due) do
    if not records[id] then
      orphan(id, "scheduled")
    elseif records[id].state ~= "scheduled" then
      if not moved[id] then misplaced(id, "scheduled") end
    elseif not moved[id] then
      records[id].readyAt, records[id].delay = now, nil
      move(id, "promote", place(records[id]))
      packed[id] = readyRecord(records[id])
      wake()
    end
  end
  if #due > 0 then return 0 end
  local next = redis.call("ZRANGE", KEY.scheduled, 0, 0, "WITHSCORES")
  return next[2] and math.ceil(tonumber(next[2]) - now) or -1
end
