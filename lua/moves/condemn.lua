-- condemn: scheduled, ready, running, quarantined -> dead. The record or the steps of a task
-- cannot be read: its queue goes on without it. Its payload is kept, so that it can be released.
-- `holder` is the worker that runs it, if that is known.
local function condemn(id, from, what, holder)
  local record = records[id]
  record.state, record.reason, record.nonce, record.ended = from, "corrupt", nil, now
  record.worker = record.worker or holder or "unknown"
  record.error = '{"name":"RelierError","message":"Cannot read the stored ' .. what
    .. ' of the task: another program wrote there, or a backup is damaged"}'
  move(id, "condemn", now)
end

-- The place of `id` in `from` and its record disagree. A task in another state only loses
-- this place.
local function misplaced(id, from, holder)
  if records[id].state == "corrupt" then
    condemn(id, from, "record", holder)
  else
    stray(id, from)
  end
  if holder then released[#released + 1] = holder .. "~" .. id end
end
