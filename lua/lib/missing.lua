-- The workers whose subscription is missing, with the time since when each is. The list is one
-- of the partition's own numbers, because it is empty almost always: then a sweep reads nothing
-- about workers that are there.
local missingSince = {}
for id, since in string.gmatch(meta.missing or "", "(%S+) (%d+)") do
  missingSince[id] = tonumber(since)
end

-- Stores the time since when each worker of `marks` is missing, false if it is not.
local function noteMissing(marks)
  local differs = false
  for id, since in pairs(marks) do
    if (missingSince[id] or false) ~= since then
      missingSince[id], differs = since or nil, true
    end
  end
  if not differs then return end
  local list = {}
  for id, since in pairs(missingSince) do
    list[#list + 1] = string.format("%s %.0f", id, since)
  end
  note("missing", table.concat(list, " "))
end
