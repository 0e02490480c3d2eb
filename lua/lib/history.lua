-- A failed attempt has a note behind the cause of its end, separated by a tab: JSON of its error and
-- of its last log lines; see core/protocol/attempt_note.ts. Returns the cause alone.
local function causeOf(text)
  return string.match(text, "^[^\t]*")
end

-- Closes the current attempt of a task: start, worker, end, cause. A flat list keeps
-- the last ten attempts, and the notes of the last five: a beat reads all of it.
-- A first attempt that completes needs no list: the record
-- has all four. Clears the fields about its claim, but only if one is set: in Lua 5.1
-- clearing an absent field makes the table grow.
local function close(record, cause)
  record.tried = record.tried or record.started
  record.progress, record.remark, record.solo, record.started = nil, nil, nil, nil
  record.ended = now
  if record.alive or record.before or record.readyAt then
    record.alive, record.before, record.readyAt = nil, nil, nil
  end
  if record.deferrals then record.deferrals, record.deferredAt, record.needs = nil, nil, nil end
  local history = record.history
  if not history then
    if cause == "completed" then return end
    history = {}
    record.history = history
  end
  local n = #history
  if n == 40 then
    for i = 1, 36 do history[i] = history[i + 4] end
    n = 36
  end
  history[n + 1], history[n + 2], history[n + 3], history[n + 4] =
    record.since, record.worker, now, cause
  if n >= 20 then history[n - 16] = causeOf(history[n - 16]) end
end
