--- @use drop_contents
-- Ends a running task whose cancellation was asked. The answer to that was a promise: no
-- further attempt starts. So `settle` stops what a worker gives back, and `revive` withdraws
-- what it would bring back. Without a retention of its own, as in a damaged record, a
-- cancelled task is kept for an hour.
local function endCancelled(id, record, event, cause, reason, keepMs)
  record.reason = reason
  record.nonce, record.cancel, record.keepMs = nil, nil, nil
  close(record, cause)
  dropContents(id, record)
  return move(id, event, now + (keepMs or 3600000))
end
