--- @use key_types history_rings count_lines
-- Adds what a worker reports to the history of its queue; see lib/history_rings.lua.
local mostNames, nameKeepMs = 32, 2592000000

-- Adds `counts` to a series at the time `at`, in every ring.
local function addAt(series, at, counts)
  for _, ring in ipairs(rings) do
    local n = math.floor(at / ring.ms)
    local block, place = math.floor(n / ring.per), n % ring.per
    local field = ring.mark .. block % ring.slots .. " " .. series
    local head, body = string.match(redis.call("HGET", ring.key, field) or "", "^(%d+)(.*)$")
    -- A clock that steps to and fro could add lines for ever.
    if tonumber(head) ~= block or #body > 8192 then body = "" end
    local before, last = string.match(body, "^(.*)\n(.-)$")
    local line, replaces = lineWith(last, place, counts)
    redis.call("HSET", ring.key, field, string.format("%.0f", block) .. (replaces and before or body) .. "\n" .. line)
  end
end

-- Returns the series of a name, and has a new name take the place of one unseen for 30 days.
local names
local function seriesOf(name)
  names = names or redis.call("HGET", KEY.hours, "names") or ""
  if name == "~" or string.find(" " .. names .. " ", " " .. name .. " ", 1, true) then return name end
  local known, gone = {}, nil
  for each in string.gmatch(names, "%S+") do known[#known + 1] = each end
  for i = 1, #known >= mostNames and #known or 0 do
    local seen = string.match(redis.call("HGET", KEY.hours, "total " .. known[i]) or "", "^%d+")
    if not gone and now - (tonumber(seen) or 0) > nameKeepMs then gone = i end
  end
  if #known >= mostNames and not gone then return "~" end
  if gone then
    local fields = { "total " .. known[gone], "error " .. known[gone] }
    for i = 2, 3 do
      for slot = 0, rings[i].slots - 1 do
        fields[#fields + 1] = rings[i].mark .. slot .. " " .. known[gone]
      end
    end
    redis.call("HDEL", KEY.hours, unpack(fields))
  end
  known[gone or #known + 1] = name
  names = table.concat(known, " ")
  redis.call("HSET", KEY.hours, "names", names)
  return name
end

local function addToName(name, counts, failure)
  local series = seriesOf(name)
  addAt(series, now, counts)
  local total = redis.call("HGET", KEY.hours, "total " .. series)
  local line = lineWith(total and string.match(total, "\n(.*)$"), 0, counts)
  redis.call("HSET", KEY.hours, "total " .. series, string.format("%.0f\n%s", now, line))
  if failure ~= "" then
    redis.call("HSET", KEY.hours, "error " .. series, string.format("%.0f\n%s", now, failure))
  end
end

-- Returns the ranges of watched minutes with this one added.
local function watchedUntil(text, minute, patience)
  local ranges = {}
  for from, to in string.gmatch(text, "(%d+)-(%d+)") do
    if tonumber(to) > minute - 43200 then ranges[#ranges + 1] = { tonumber(from), tonumber(to) } end
  end
  local last = ranges[#ranges]
  if last and minute - last[2] <= patience then
    last[2] = math.max(last[2], minute)
  else
    ranges[#ranges + 1] = { minute, minute }
  end
  local list = {}
  for i = math.max(1, #ranges - 99), #ranges do
    list[#list + 1] = string.format("%.0f-%.0f", ranges[i][1], ranges[i][2])
  end
  return table.concat(list, " ")
end

-- Adds what the queue counted since the mark, and marks this minute. What happened while no worker
-- was there can only be pushes, whose time is unknown: they count when a worker is back.
local function markMinute(mark, watched)
  local minute, patience = math.floor(now / 60000), math.max(2, math.ceil(leaseMs / 10000))
  local last, totals = tonumber(string.match(mark, "^(%d+) ")), queueTotals()
  local before, early, late = {}, emptyCounts(), emptyCounts()
  for n in string.gmatch(string.match(mark, "^%d+ %d+ (.*)$") or "", "%d+") do before[#before + 1] = tonumber(n) end
  local gap = last and (minute - last > patience or minute < last)
  for i = 1, last and 5 or 0 do
    local counts = gap and (i == 1 or minute < last) and late or early
    counts[i] = math.max(0, totals[i] - (before[i] or totals[i]))
  end
  local function addSome(counts, at)
    if counts[1] + counts[2] + counts[3] + counts[4] + counts[5] > 0 then addAt("", at, counts) end
  end
  if last then addSome(early, last * 60000) end
  addSome(late, now)
  redis.call("HSET", KEY.hours,
    "mark", string.format("%.0f %d %.0f %.0f %.0f %.0f %.0f", minute, patience, unpack(totals)),
    "watched", watchedUntil(watched, minute, patience))
end

-- Returns the report if it is a new one of the worker with `entry`, and notes that it was added.
local function newReport(report, entry)
  local number = tonumber(string.match(report, "^%d+") or nil)
  if not number or number == 0 then return report end
  if entry.tallied == number then return "0" end
  entry.tallied = number
  return report
end

-- Adds a report of a worker, "" if it keeps no history: its number, 0 if it has nothing to report,
-- then a line for each name: the name, counts as in a line, and the last error, separated by tabs.
-- `revived` are the counts of this script by name.
local function keepHistory(report, revived)
  if report == "" and not next(revived) then return end
  local marks = redis.pcall("HMGET", KEY.hours, "mark", "watched")
  if marks.err then return end
  if report == "" and not marks[1] then return end
  local minute = string.format("%.0f ", math.floor(now / 60000))
  local isMarked = string.sub(marks[1] or "", 1, #minute) == minute
  if report == "0" and isMarked then return end
  if not isOf("hash", KEY.minutes) then return end
  if report ~= "" and not isMarked then markMinute(marks[1] or "", marks[2] or "") end
  for name, counts in pairs(revived) do addToName(name, counts, "") end
  local sum
  for name, line, failure in string.gmatch(report, "\n([^\t\n]+)\t([^\t\n]+)\t([^\n]*)") do
    local counts = readLine(line)
    if counts then
      addToName(name, counts, failure)
      sum = addCounts(sum or emptyCounts(), counts)
    end
  end
  if sum then
    for i = 1, 5 do sum[i] = 0 end -- These are in the totals of the queue.
    addAt("", now, sum)
  end
  for _, ring in ipairs(rings) do redis.call("PEXPIRE", ring.key, ring.keepMs) end
end
