-- bury: running -> dead. All data of the task is kept, so that it can be released.
local function bury(row, record)
  if not held(row.id, row.nonce) then return false end
  record.failures = (record.failures or 0) + 1
  record.error, record.reason, record.name = row.error, causeOf(row.text), row.name
  close(record, row.text)
  return move(row.id, "bury", now)
end
