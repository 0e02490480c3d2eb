--- restore: nothing -> dead, from an export
---
--- Adds tasks, so a full Redis refuses all of it, as it refuses a push. `existed` are
--- the ids that existed already, in any state. `steps` are the names of steps and
--- their results, one per line.
---
--- @arg   token  string   of this call, to recognise its repetition
--- @row   id:string envelope:string pushedAt:integer diedAt:integer priority:integer print:string limit:string tenant:string failures:integer crashes:integer stalls:integer reason:string error:string history:string tried:integer partial:string steps:string
--- @reply ok existed:list
--- @on    restore
--- @use   clock order meta records channel move wake commit add_many write notify_waiters publish_events task_name

local ids, existed = {}, {}
for i, row in ipairs(rows) do ids[i] = row.id end
load(ids)
local function orNil(n)
  return n > 0 and n or nil
end
-- Parses lines of start, worker, end and cause.
local function attempts(text)
  local list = {}
  for start, worker, over, cause in string.gmatch(text, "(%d+) (%S+) (%d+) ([^\n]*)\n") do
    for _, value in ipairs({ tonumber(start), worker, tonumber(over), cause }) do
      list[#list + 1] = value
    end
  end
  return #list > 0 and list or nil
end
local function linesOf(text)
  local list = {}
  for line in string.gmatch(text, "([^\n]*)\n") do list[#list + 1] = line end
  return list
end
for _, row in ipairs(rows) do
  local record = records[row.id]
  if record then
    if record.token ~= token then existed[#existed + 1] = row.id end
  else
    records[row.id] = {
      state = "none", order = math.max(0, (row.pushedAt - epochBase) * 64), token = token,
      name = nameIn(row.envelope), priority = orNil(row.priority),
      print = row.print ~= "" and row.print or nil, limit = tonumber(row.limit),
      tenant = row.tenant ~= "" and row.tenant or nil,
      failures = orNil(row.failures), crashes = orNil(row.crashes), stalls = orNil(row.stalls),
      reason = row.reason ~= "" and row.reason or nil, error = row.error ~= "" and row.error or nil,
      history = attempts(row.history), tried = row.tried == 1 or nil, ended = math.min(now, row.diedAt),
    }
    move(row.id, "restore", math.min(now, row.diedAt))
    keep("task", row.id, row.envelope)
    if row.partial ~= "" then keep("partial", row.id, row.partial) end
    if row.steps ~= "" then keep("steps", row.id, cmsgpack.pack(linesOf(row.steps))) end
  end
end
if next(moved) then
  write(true)
  publishEvents()
end
return answer("ok", existed)
