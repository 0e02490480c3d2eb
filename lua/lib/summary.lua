-- Returns the state of a task; of one whose record cannot be read that of its place.
local function shownState(id)
  local state = records[id].state
  if STATES[state] then return state end
  for place, key in pairs(STATES) do
    if redis.call("ZSCORE", key, id) then return place end
  end
  return "dead"
end

-- The summary of a task, for lists: `id state score pushedAt name failures deaths since
-- worker progress remark reason error`. Nil for an unknown task.
local function summary(id)
  local record = records[id]
  if not record then return nil end
  local state = shownState(id)
  return {
    id, state, redis.call("ZSCORE", STATES[state], id) or "",
    string.format("%.0f", pushedAt(record)),
    record.name or nameIn(redis.call("HGET", KEY.task, id)), record.failures or 0,
    (record.crashes or 0) + (record.stalls or 0), record.since or 0, record.worker or "",
    record.progress or "", record.remark or "", record.reason or "", record.error or "",
  }
end
