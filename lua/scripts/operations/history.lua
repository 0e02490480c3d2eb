--- history: the counts of a queue over time, as lib/history_rings.lua describes them
---
--- `marks` are the stored "mark", "watched" and "names". `totals` are the counts of the queue now,
--- and `series` is a list for each series that is asked: its total, its last error, and its blocks.
---
--- @arg   unit    string   "minutes", "hours" or "days"
--- @arg   blocks  integer  the number of blocks to read, the newest ones
--- @arg   every   integer  1 for the series of all names, in the order of "names", with "~" last
--- @row   name:string
--- @reply ok now:integer marks:list totals:list series:list
--- @use   clock meta key_types history_rings

local ring
for _, each in ipairs(rings) do
  if each.unit == unit then ring = each end
end
local newest = math.floor(now / ring.ms / ring.per)
local series, list, marks = {}, {}, {}
if isOf("hash", KEY.hours) and isOf("hash", KEY.minutes) then
  marks = redis.call("HMGET", KEY.hours, "mark", "watched", "names")
end
for i = 1, 3 do marks[i] = marks[i] or "" end
for _, row in ipairs(rows) do list[#list + 1] = row.name end
if every == 1 then
  for name in string.gmatch(marks[3], "%S+") do list[#list + 1] = name end
  list[#list + 1] = "~"
end
for i, name in ipairs(marks[1] ~= "" and list or {}) do
  local fields = {}
  for n = 1, blocks do fields[n] = ring.mark .. (newest - blocks + n) % ring.slots .. " " .. name end
  series[i] = redis.call("HMGET", KEY.hours, "total " .. name, "error " .. name)
  for n, block in ipairs(redis.call("HMGET", ring.key, unpack(fields))) do
    -- An older block is still there until its slot is needed again.
    local head = block and tonumber(string.match(block, "^%d+"))
    if head and head > newest - blocks and head <= newest then series[i][#series[i] + 1] = block end
  end
end
return answer("ok", now, marks, queueTotals(), series)
