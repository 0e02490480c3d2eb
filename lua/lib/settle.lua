-- Settles one claim by its row, which uses up its nonce: the reply reports a second
-- settle as stale, unless it repeats the same call. A task whose cancellation was asked stops,
-- unless it completes.
local settles = {
  complete = complete, retry = retry, bury = bury, defer = defer, handoff = handoff, stop = stop,
}
local function settle(row, trace)
  local record = records[row.id]
  if not record then return false end
  local signature = row.nonce .. " " .. row.event
  local event = record.cancel and row.event ~= "complete" and "stop" or row.event
  if record.nonce == row.nonce and settles[event](row, record) then
    record.nonce, record.settled, record.cancel, record.keepMs = nil, signature, nil, nil
    local over = record.state == "completed" or record.state == "cancelled"
    if over then
      if record.trace then record.trace = nil end
    elseif trace then
      record.trace = trace
    end
    if row.partial ~= "" and not over then keep("partial", row.id, row.partial) end
    return true
  end
  return record.settled == signature
end
