--- @use reading_time
-- complete: running -> completed. A worker that was presumed dead may complete too, as
-- long as no other worker has started the task: its nonce is still the last one.
local function complete(row, record)
  local late = record.state ~= "running"
  local ms = row.ms
  -- A client that waits asks for the result once it hears of the end.
  if ms < readingMs and redis.call("HEXISTS", KEY.waiters, row.id) == 1 then ms = readingMs end
  if not move(row.id, "complete", now + ms) then return false end
  if row.keyMs < ms then record.keyUntil = now + row.keyMs end
  if late and record.history then
    record.history[#record.history] = "completed late"
  else
    record.started = true -- Of a task that was held ready, no heartbeat may have reported it.
    close(record, "completed")
  end
  record.result, record.name = row.text, row.name
  record.error, record.reason = nil, nil
  -- Why the result is not all that the handler returned.
  record.unkept = row.error ~= "" and row.error or nil
  if row.keep == 1 then record.kept = true else forget("task", row.id) end
  forget("partial", row.id)
  forget("steps", row.id)
  return true
end
