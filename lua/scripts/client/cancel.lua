--- cancel: scheduled, ready or quarantined -> cancelled
---
--- A running task is asked to stop, through its worker; the reply to its next heartbeat
--- carries the request, and the message only makes that immediate.
---
--- @arg   id      string
--- @arg   reason  string
--- @arg   keepMs  integer  retention of a cancelled task
--- @reply cancelled
--- @reply asked            the task is running, and its worker gets the message
--- @reply no               the task is final, or unknown
--- @on    cancel
--- @use   clock order meta records channel move wake commit add_many write notify_waiters publish_events drop_contents

load({ id })
local record = records[id]
if record and record.state == "running" then
  if not record.cancel then record.cancel, record.keepMs = reason, keepMs end
  touch(id)
  write()
  publish(root .. "@" .. record.worker, "cancel " .. id)
  return answer("asked")
end
if record and record.state == "cancelled" and record.reason == reason then
  return answer("cancelled")
end
if not move(id, "cancel", now + keepMs) then return answer("no") end
record.reason, record.nonce = reason, nil
dropContents(id, record)
write()
publishEvents()
return answer("cancelled")
