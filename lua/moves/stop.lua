-- stop: running -> cancelled. Cancelling was asked, and the attempt has ended.
local function stop(row, record)
  if not held(row.id, row.nonce) then return false end
  return endCancelled(row.id, record, "stop", "cancelled",
    record.cancel or row.text, record.keepMs or row.ms)
end
