-- complete: running -> completed. A worker that was presumed dead may complete too, as
-- long as no other worker has started the task: its nonce is still the last one.
local function complete(row, record)
  local late = record.state ~= "running"
  if not move(row.id, "complete", now + row.ms) then return false end
  if late then
    record.history[#record.history] = "completed late"
  else
    record.started = true -- Of a task that was held ready, no heartbeat may have reported it.
    close(record, "completed")
  end
  record.result, record.name = row.text, row.name
  record.error, record.reason = nil, nil
  forget("task", row.id)
  forget("partial", row.id)
  forget("steps", row.id)
  return true
end
