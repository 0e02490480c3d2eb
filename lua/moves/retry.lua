-- retry: running -> scheduled. The handler failed, and may succeed later.
local function retry(row, record)
  if not held(row.id, row.nonce) then return false end
  record.failures = (record.failures or 0) + 1
  record.error, record.reason = row.error, causeOf(row.text)
  record.started = true -- A task that was held ready may fail before a heartbeat reports its start.
  if record.handoffs then record.handoffs = nil end
  record.delay = row.ms
  close(record, row.text)
  return move(row.id, "retry", now + row.ms)
end
