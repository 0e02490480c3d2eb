-- handoff: running -> ready, in its old place in line. A worker that shuts down
-- returns the tasks it will not finish: no counter is charged.
local function handoff(row, record)
  if not held(row.id, row.nonce) then return false end
  close(record, row.text)
  record.reason = row.text
  wake()
  return move(row.id, "handoff", place(record))
end
