-- The fence. Returns true if `nonce` is the current claim of a running task. A worker
-- that was presumed dead has an old nonce, and its writes are refused.
local function held(id, nonce)
  local record = records[id]
  return record ~= nil and record.state == "running" and record.nonce == nonce
end
