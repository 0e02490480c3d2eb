-- stop: running -> cancelled. A cancellation was requested, and the handler has stopped.
local function stop(row, record)
  if not held(row.id, row.nonce) then return false end
  record.reason, record.name = row.text, row.name
  close(record, "cancelled")
  forget("task", row.id)
  forget("partial", row.id)
  forget("steps", row.id)
  return move(row.id, "stop", now + row.ms)
end
