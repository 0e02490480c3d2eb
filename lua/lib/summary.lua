-- The summary of a task, for lists: `id state score pushedAt name failures deaths since
-- worker progress remark reason error`. Nil for an unknown task.
local function summary(id)
  local record = records[id]
  if not record then return nil end
  local key = STATES[record.state]
  return {
    id, record.state, key and redis.call("ZSCORE", key, id) or "",
    string.format("%.0f", pushedAt(record)),
    record.name or nameIn(redis.call("HGET", KEY.task, id)), record.failures or 0,
    (record.crashes or 0) + (record.stalls or 0), record.since or 0, record.worker or "",
    record.progress or "", record.remark or "", record.reason or "", record.error or "",
  }
end
