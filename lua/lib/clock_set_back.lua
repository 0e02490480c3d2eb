-- After Redis's clock was set back, what was stored before lies too far ahead. No lease and no
-- delay is believed further ahead than its own length, or a dead worker would be noticed, and
-- a retry run, an hour late.

-- Shortens at most 100 leases, the longest first; returns their number.
local function shortenLeases()
  local far = redis.call("ZRANGE", KEY.running, "+inf", string.format("(%.0f", now + leaseMs),
    "BYSCORE", "REV", "LIMIT", 0, 100, "WITHSCORES")
  local ids, shortened = {}, 0
  for i = 1, #far, 2 do ids[#ids + 1] = far[i] end
  load(ids)
  for i, id in ipairs(ids) do
    local record = records[id]
    local furthest = now + (record and record.worker and termOf(record.worker) or leaseMs)
    if not moved[id] and tonumber(far[2 * i]) > furthest then
      enter("running", furthest, id)
      shortened = shortened + 1
    end
  end
  return shortened
end

-- Shortens the delays of at most 200 tasks of `state`, from `cursor` on. Returns the cursor of
-- the next ones, or nil after the last. A task that was pushed for a time of day has no delay.
local function shortenDelays(state, cursor)
  local rank = cursorRank(KEY[state], cursor, 0)
  local page = redis.call("ZRANGE", KEY[state], rank, rank + 199, "WITHSCORES")
  local ids = {}
  for i = 1, #page, 2 do ids[#ids + 1] = page[i] end
  load(ids)
  for i, id in ipairs(ids) do
    local delay = records[id] and not moved[id] and records[id].delay
    if delay and tonumber(page[2 * i]) > now + delay then enter(state, now + delay, id) end
  end
  return #ids == 200 and page[400] .. ":" .. page[399] or nil
end

-- Shortens what is too long: a lease shows it by itself, a delay only where the clock was seen
-- to go back. Returns true if more may be left.
local function shortenAll()
  local shortened, cursor = shortenLeases(), meta.recheck
  if now < swept or shortened > 0 then
    shortenDelays("quarantined", "")
    cursor = "0"
  end
  if cursor and cursor ~= "" then
    cursor = shortenDelays("scheduled", cursor) or ""
    note("recheck", cursor)
  end
  return shortened == 100 or cursor ~= nil and cursor ~= ""
end
