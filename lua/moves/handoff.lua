-- handoff: running -> ready, in its old place in line. A worker that shuts down
-- returns the tasks it will not finish: no counter is charged. `ms` is the number of
-- hand-offs in a row that brought the task no further; the worker acts on it.
local function handoff(row, record)
  if not held(row.id, row.nonce) then return false end
  close(record, row.text)
  record.reason = row.text
  record.handoffs = row.ms > 0 and row.ms or nil
  wake()
  return move(row.id, "handoff", place(record))
end
