-- Returns the ids of the rows, which are their first column; nil if one comes twice.
local function distinctIds()
  local ids, seen, at, step = {}, {}, cellAt[1], cellStep[1]
  for i = 1, rowCount do
    local id = ARGV[at]
    if seen[id] then return nil end
    ids[i], seen[id], at = id, true, at + step
  end
  return ids
end
