-- The lines of counts in the history of a queue; see lib/history_rings.lua.
local linePattern = "^" .. string.rep("(%d+) ", 10) .. "(%S+) (%S+)$"

local function readBuckets(text)
  local buckets = {}
  for bucket, n in string.gmatch(text, "(%d+):(%d+)") do
    bucket = tonumber(bucket)
    if bucket < 32 then buckets[bucket] = (buckets[bucket] or 0) + tonumber(n) end
  end
  return buckets
end

-- Returns the counts of a line, and its place; nil for any other text.
local function readLine(text)
  local line = { string.match(text, linePattern) }
  if #line == 0 then return nil end
  local counts = { wait = readBuckets(line[11]), run = readBuckets(line[12]) }
  for i = 1, 9 do counts[i] = tonumber(line[i + 1]) end
  return counts, tonumber(line[1])
end

local function formatBuckets(buckets)
  local list = {}
  for bucket = 0, 31 do
    if buckets[bucket] then list[#list + 1] = string.format("%d:%.0f", bucket, buckets[bucket]) end
  end
  return #list > 0 and table.concat(list, ",") or "-"
end

local function formatLine(place, counts)
  local list = { string.format("%d", place) }
  for i = 1, 9 do list[i + 1] = string.format("%.0f", counts[i]) end
  list[11], list[12] = formatBuckets(counts.wait), formatBuckets(counts.run)
  return table.concat(list, " ")
end

local function emptyCounts()
  return { 0, 0, 0, 0, 0, 0, 0, 0, 0, wait = {}, run = {} }
end

-- Adds `more` to `counts`; the longest times are no sums.
local function addCounts(counts, more)
  for i = 1, 9 do
    counts[i] = (i == 6 or i == 7) and math.max(counts[i], more[i]) or counts[i] + more[i]
  end
  for _, kind in ipairs({ "wait", "run" }) do
    for bucket, n in pairs(more[kind]) do counts[kind][bucket] = (counts[kind][bucket] or 0) + n end
  end
  return counts
end

-- Returns the line of `place` with `counts` added to what `line` has for that place, and whether
-- it replaces `line`.
local function lineWith(line, place, counts)
  local before, at = readLine(line or "")
  if at ~= place then return formatLine(place, counts), false end
  return formatLine(place, addCounts(before, counts)), true
end
