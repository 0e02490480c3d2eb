-- Decides which workers are absent. A worker's subscription ends with its process, so one that
-- this run of the server has seen subscribed is presumed dead once its subscription has been
-- missing for `graceMs`: a heartbeat clears that. Any other is left to its leases, and presumed
-- dead after 20 of them without a heartbeat. Neither happens to a worker whose subscription is
-- there, nor in the grace to one that has not beaten since it began.
local gone, lookAgainMs, ahead = {}, math.huge, {}
local server
-- The time since the last sweep in which none looked: Redis, or its clock, was elsewhere.
local blindMs = math.max(0, now - swept - graceMs / 2)

-- Returns true if a worker without a subscription is dead; else the time since when it is missing.
local function missing(id, entry)
  local lease = entry.lease or leaseMs
  -- A beat that lies ahead came by a clock that was set back since, and counts from now.
  if entry.beat > now then ahead[id], entry.beat = entry, now end
  if entry.beat <= graceFrom and inGrace(lease) then return false end
  server = server or entry.run and run()
  if not server or entry.run ~= server then return now - entry.beat > 20 * lease end
  local since = math.min(now, (missingSince[id] or now) + blindMs)
  if now - since >= graceMs then return true end
  lookAgainMs = math.min(lookAgainMs, graceMs / 2, since + graceMs - now)
  return false, since
end

-- Returns those of `ids` whose channel has no subscriber.
local function unheard(ids)
  for _, command in ipairs({ "NUMSUB", "SHARDNUMSUB" }) do
    local names, silent = {}, {}
    for i, id in ipairs(ids) do names[i] = root .. "@" .. id end
    local reply = #ids > 0 and redis.pcall("PUBSUB", command, unpack(names)) or {}
    for i, id in ipairs(ids) do
      if (tonumber(reply[2 * i]) or 0) == 0 then silent[#silent + 1] = id end
    end
    ids = silent
  end
  return ids
end

-- Looks at 200 workers, and at the next ones in the next sweep. One call counts the
-- subscribers of all of them; more is read only about those without one.
local function lookAtWorkers()
  local from = tonumber(meta.looked) or 0
  local page = redis.call("ZRANGE", KEY.workers, from, from + 199)
  local reached = #page == 200 and from + 200 or 0
  if reached ~= from then note("looked", reached) end
  local silent, marks = unheard(page), {}
  for _, id in ipairs(page) do marks[id] = false end
  local entries = #silent > 0 and redis.call("HMGET", KEY.worker, unpack(silent)) or {}
  for i, id in ipairs(silent) do
    local entry = entryIn(entries[i])
      or { beat = tonumber(redis.call("ZSCORE", KEY.workers, id)) }
    local lost, since = missing(id, entry)
    if lost then gone[#gone + 1] = id end
    marks[id] = since or false
  end
  noteMissing(marks)
end

-- Deletes a worker that holds no task any more.
local function dismiss(id)
  redis.call("ZREM", KEY.workers, id)
  redis.call("HDEL", KEY.worker, id, id .. "#0", id .. "#1")
  if meta.lane == id then redis.call("HDEL", KEY.meta, "lane", "laneUntil") end
end
