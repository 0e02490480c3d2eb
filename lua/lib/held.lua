-- The fence. Whether `nonce` is the claim by which a running task is held: a
-- worker that was presumed dead carries an old one, and writes nothing.
local function held(id, nonce)
  local record = records[id]
  return record ~= nil and record.state == "running" and record.nonce == nonce
end
