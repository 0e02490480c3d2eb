-- Packs a record. That of a task that was promoted and never tried has one order of fields, and
-- ends with the time when it became ready: lib/plain_record.lua claims it without unpacking.
local ofPromoted = { state = true, order = true, priority = true, readyAt = true }
local function packedRecord(record)
  local plain = record.state == "ready" and record.readyAt
  for name in pairs(plain and record or {}) do plain = plain and ofPromoted[name] end
  if not plain then return cmsgpack.pack(record) end
  return "\222\0" .. (record.priority and "\4" or "\3") .. cmsgpack.pack("state", "ready", "order", record.order)
    .. (record.priority and cmsgpack.pack("priority", record.priority) or "")
    .. cmsgpack.pack("readyAt", record.readyAt)
end
