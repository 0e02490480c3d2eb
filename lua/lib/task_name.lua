-- The name of a task, read off the front of its envelope as we write it; what is
-- behind it is never looked at.
local function nameIn(envelope)
  return envelope and string.match(envelope, '^{"v":%d+,"name":"([%w._-]+)"') or ""
end
