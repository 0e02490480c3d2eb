-- Reads the name of a task from the front of its envelope, without parsing the rest. A longer
-- one than a task can have, which another program wrote, is none: it would be stored again.
local function nameIn(envelope)
  local name = string.match(envelope or "", '^{"v":%d+,"name":"([%w._-]+)"')
  return name and #name <= 64 and name or ""
end

-- Returns true if the envelope says that the payload stays once the task is over.
local function keepsPayload(envelope)
  return string.find(envelope or "", '^{"v":%d+,"name":"[%w._-]+","keepPayload":true') ~= nil
end
