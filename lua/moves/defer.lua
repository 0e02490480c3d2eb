-- defer: running -> scheduled. This worker does not know the name or the version of the
-- task, but another may: no counter is charged. `deferredAt` is the time since which no live
-- worker knows it. A worker that reports to know it and does not waits for the due time.
local function defer(row, record)
  if not held(row.id, row.nonce) then return false end
  local deferrals, since = record.deferrals, record.deferredAt
  close(record, row.text)
  local name, version = string.match(row.needs, "^([%w._-]+) (%d+)$")
  local needs = name and #name <= 64 and needsOf(name, tonumber(version)) or nil
  if needs and canRun(entry(), needs) then needs = nil end
  local other = needs and ableWorker(needs)
  if other then
    called[other], since = true, nil
    note("mixedAt", now)
  end
  record.deferrals, record.needs = (deferrals or 0) + 1, needs
  record.deferredAt = not other and (since or now) or nil
  record.reason = row.text
  record.delay = other and deferredMs or row.ms
  return move(row.id, "defer", now + record.delay)
end
