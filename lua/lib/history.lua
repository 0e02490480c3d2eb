-- Closes the current attempt in the history of a task: start, worker, end,
-- cause. The last ten are kept.
local function close(record, cause)
  local history = record.history or {}
  table.insert(history, { record.since, record.worker, now, cause })
  if #history > 10 then table.remove(history, 1) end
  record.history = history
  record.progress, record.remark, record.solo = nil, nil, nil
end
