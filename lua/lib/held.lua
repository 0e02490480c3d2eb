-- The fence. Returns whether `nonce` is the current claim of a running task: a
-- worker that was presumed dead carries an old one, and writes nothing.
local function held(id, nonce)
  local record = records[id]
  return record ~= nil and record.state == "running" and record.nonce == nonce
end
