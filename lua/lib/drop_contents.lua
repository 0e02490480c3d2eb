--- @use task_name
-- Drops the contents of a task that is cancelled, and notes its name. Its payload stays if the
-- envelope says so, as lib/task_name.lua reads it from the front.
local function dropContents(id, record)
  local envelope = redis.call("HGET", KEY.task, id)
  record.name, record.kept = nameIn(envelope), keepsPayload(envelope) or nil
  if not record.kept then forget("task", id) end
  forget("partial", id)
  forget("steps", id)
end
