-- Which worker can run which task, by what workers report with their beats. `needs` is the
-- name of a task and the version of its payload, as the key `deferred` has them.
local function needsOf(name, version)
  return string.format("%s\1%010d", name, version)
end
local function neededBy(envelope)
  local name, rest = string.match(envelope, '^{"v":1,"name":"([%w._-]+)"()')
  return name and needsOf(name, tonumber(string.match(envelope, '^,"taskVersion":(%d+)', rest) or 1))
end

-- Returns the version of the task `name` that a worker knows, 0 if it does not know it.
local function versionOf(entry, name)
  local _, last = string.find(entry.about or "", '{"name":"' .. name .. '","version":', 1, true)
  return last and tonumber(string.match(entry.about, "^%d+", last + 1)) or 0
end
local function canRun(entry, needs)
  local name, version = string.match(needs, "^([^\1]+)\1(%d+)$")
  return versionOf(entry, name) >= tonumber(version)
end

-- Returns the worker that can run a task and holds least, or false. Looks at the 200 workers
-- that sent their beat last.
local able = {}
local function ableWorker(needs)
  if able[needs] ~= nil then return able[needs] end
  local best, least = false, math.huge
  for _, id in ipairs(redis.call("ZRANGE", KEY.workers, -200, -1)) do
    local entry = workerOf(id) or {}
    local leaves = string.find(entry.about or "", '"state":"draining"', 1, true)
    local held = not leaves and canRun(entry, needs) and countHeld(id)
    if held and held < least then best, least = id, held end
  end
  able[needs] = best
  return best
end
