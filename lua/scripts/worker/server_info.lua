--- server_info: the facts of this Redis server
---
--- Returns a flat list of names and values from INFO, without the sections that the
--- server forbids.
---
--- @reply ok facts:list
--- @use   clock meta

local facts = {}
for _, section in ipairs({ "server", "clients", "memory", "persistence", "stats", "replication", "cpu",
  "cluster" }) do
  local info = redis.pcall("INFO", section)
  if type(info) == "string" then
    for name, value in string.gmatch(info, "([%w_]+):([^\r\n]*)") do
      facts[#facts + 1] = name
      facts[#facts + 1] = value
    end
  end
end
return answer("ok", facts, redis.call("EXISTS", KEY.meta))
