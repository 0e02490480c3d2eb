-- At most `limit` tasks that the worker `id` holds.
local function heldBy(id, limit)
  local ids = {}
  local range = redis.call("ZRANGEBYLEX", KEY.holds, "[" .. id .. "~", "(" .. id .. "\127",
    "LIMIT", 0, limit)
  for i, member in ipairs(range) do ids[i] = string.sub(member, #id + 2) end
  return ids
end

-- Returns the number of tasks that the worker `id` holds.
local function countHeld(id)
  return redis.call("ZLEXCOUNT", KEY.holds, "[" .. id .. "~", "(" .. id .. "\127")
end
