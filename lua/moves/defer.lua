-- defer: running -> scheduled. This worker does not know the name or the
-- version of the task, but another may: no counter is charged.
local function defer(row, record)
  if not held(row.id, row.nonce) then return false end
  record.deferrals = (record.deferrals or 0) + 1
  record.deferredAt = record.deferredAt or now
  record.reason = row.text
  close(record, row.text)
  return move(row.id, "defer", now + row.ms)
end
