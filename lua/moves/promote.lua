-- promote: scheduled -> ready, for what is due. At most 100 at a time: the
-- caller comes again. Returns the milliseconds until that is worth it, or -1.
local function promote()
  local due = redis.call("ZRANGEBYSCORE", KEY.scheduled, "-inf", now, "LIMIT", 0, 100)
  load(due)
  for _, id in ipairs(due) do
    if not records[id] then
      orphan(id, "scheduled")
    elseif not moved[id] then
      records[id].readyAt = now
      move(id, "promote", place(records[id]))
      wake()
    end
  end
  if #due > 0 then return 0 end
  local next = redis.call("ZRANGE", KEY.scheduled, 0, 0, "WITHSCORES")
  return next[2] and math.ceil(tonumber(next[2]) - now) or -1
end
