-- Writes the counters.
local function countEvents()
  for event, by in pairs(added) do redis.call("HINCRBY", KEY.meta, "n:" .. event, by) end
end

-- Writes the partition's own numbers. A full Redis refuses a script at its first
-- command that takes memory. PERSIST takes none, and after a first write Redis accepts
-- the others. So only scripts that add tasks begin with a write that can be refused.
local function commit(growing)
  if not growing then redis.call("PERSIST", KEYS[1]) end
  meta.seq = redis.call("HINCRBY", KEY.meta, "seq", 1)
  if not meta.epoch then
    note("schema", "1")
    note("epoch", string.format("%.0f", nowUs))
  end
  local fields = {}
  for name, value in pairs(changed) do
    fields[#fields + 1] = name
    fields[#fields + 1] = type(value) == "number" and string.format("%.0f", value) or value
  end
  if #fields > 0 then redis.call("HSET", KEY.meta, unpack(fields)) end
  countEvents()
end
