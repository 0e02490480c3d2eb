-- Packs the record of a task that was promoted and never tried in one order of fields, the time
-- when it became ready last: lib/plain_record.lua claims it without unpacking. Returns nil for any
-- other record.
local ofPromoted = { state = true, order = true, priority = true, readyAt = true }
local function readyRecord(record)
  for name in pairs(record) do
    if not ofPromoted[name] then return nil end
  end
  return "\222\0" .. (record.priority and "\4" or "\3") .. cmsgpack.pack("state", "ready", "order", record.order)
    .. (record.priority and cmsgpack.pack("priority", record.priority) or "")
    .. cmsgpack.pack("readyAt", record.readyAt)
end
