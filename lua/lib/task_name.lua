-- Reads the name of a task from the front of its envelope, without parsing the rest.
local function nameIn(envelope)
  return envelope and string.match(envelope, '^{"v":%d+,"name":"([%w._-]+)"') or ""
end
