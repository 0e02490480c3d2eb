--- @use envelopes
-- A plain turn, which almost every turn is: each row completes a first attempt, each task to
-- claim is new, and nothing limits or follows the queue. It reads everything at once, and
-- writes with one command for each key. Returns the reply, or nil for any other turn: then it
-- has written nothing.

-- Returns the ids of the rows; nil if one is more than a result, or comes twice.
local function plainRows()
  if rowCount == 0 then return {} end
  -- Events, errors, partial results and kept payloads: no row may have another.
  if cellStep[3] + cellStep[6] + cellStep[7] + cellStep[11] > 0 then return nil end
  if ARGV[cellAt[3]] ~= "complete" or ARGV[cellAt[11]] ~= "0" then return nil end
  if ARGV[cellAt[6]] ~= "" or ARGV[cellAt[7]] ~= "" then return nil end
  return distinctIds()
end

-- Reads the keys that nothing has read yet, before they are written; see lib/write.lua.
-- The first one written needs no read.
local function touchPlain(many, taken, known, others)
  redis.call("ZCARD", KEY.holds)
  redis.call("ZCARD", many > 0 and KEY.completed or KEY.running)
  if taken == 0 then redis.call("HLEN", KEY.task) end
  if taken > 0 and not known then redis.call("ZCARD", KEY.workers) end
  if not others then return end
  redis.call("HLEN", KEY.partial)
  redis.call("HLEN", KEY.steps)
  redis.call("HLEN", KEY.waiters)
end

local function plainTurn()
  local ids = relief == 0 and traces == "" and #nonce == 22 and plainRows()
  local many, want = ids and #ids, slots + spare
  if not ids or want + many == 0 then return nil end
  local schema, epoch, seq, fence, claims, completes, paused, limit, events, mixedAt =
    unpack(redis.call("HMGET", KEY.meta, "schema", "epoch", "seq", "fence", "n:claim",
      "n:complete", "paused", "limit:concurrency", "events", "mixedAt"))
  if schema ~= "1" or not epoch or not seq or paused or limit then return nil end
  if mixedAt and math.abs(now - mixedAt) < 120000 then return nil end
  local others = redis.call("EXISTS", KEY.quarantined, KEY.waiters, KEY.partial, KEY.steps,
    KEY.deferred) > 0
  if others and redis.call("EXISTS", KEY.quarantined, KEY.deferred) > 0 then return nil end

  local memory, known, line, taken, nextMs = worker .. "#" .. call, false, {}, 0, -1
  if want > 0 then
    -- A repeated claim gets the tasks of the first; see lib/replay_claim.lua.
    known = redis.call("HGET", KEY.worker, memory)
    if known and string.sub(known, 1, 22) == nonce then return nil end
    line = redis.call("ZRANGE", KEY.ready, 0, want, "WITHSCORES")
    taken = math.min(want, #line / 2)
    for i = 1, taken do ids[many + i] = line[2 * i - 1] end
    local due = taken < want and redis.call("ZRANGE", KEY.scheduled, 0, 0, "WITHSCORES")[2]
    if due then nextMs = math.ceil(due - now) end
    if due and nextMs <= 0 then return nil end
    if taken + many == 0 then return { "ok", epoch, tonumber(seq), {}, {}, "", nextMs, {} } end
  end

  local records, kept = redis.call("HMGET", KEY.record, unpack(ids)), {}
  local places, released = completePlain(ids, many, records, kept, others)
  if not places then return nil end
  local envelopes = taken > 0 and envelopesWithin(ids, many + 1) or {}
  if #envelopes < taken then return nil end
  fence = math.max((fence or 0) + 1, nowUs)
  local leases, holding, tasks = claimPlain(line, envelopes, many, records, kept, fence)
  if not leases or events and listeners(root .. "events:" .. events) > 0 then return nil end
  local ringing = #line > 2 * want and redis.call("LLEN", KEY.bell) == 0
  touchPlain(many, taken, known, others)

  -- The first write only removes, which a full Redis allows too; see lib/commit.lua.
  local numbers = { "seq", string.format("%.0f", seq + 1) }
  if many > 0 then
    redis.call("ZREM", KEY.running, unpack(ids, 1, many))
    redis.call("ZREM", KEY.holds, unpack(released))
    redis.call("ZADD", KEY.completed, unpack(places))
    redis.call("HDEL", KEY.task, unpack(ids, 1, many))
    if others then
      redis.call("HDEL", KEY.partial, unpack(ids, 1, many))
      redis.call("HDEL", KEY.steps, unpack(ids, 1, many))
    end
    numbers[3], numbers[4] = "n:complete", string.format("%.0f", (completes or 0) + many)
  end
  if taken > 0 then
    redis.call("ZREM", KEY.ready, unpack(ids, many + 1))
    addMany(KEY.running, leases)
    addMany(KEY.holds, holding)
    redis.call("HSET", KEY.worker, memory, nonce .. " " .. leaseMs .. " " .. table.concat(ids, " ", many + 1))
    if not known then redis.call("ZADD", KEY.workers, "NX", now, worker) end
    local n = #numbers
    numbers[n + 1], numbers[n + 2] = "n:claim", string.format("%.0f", (claims or 0) + taken)
    numbers[n + 3], numbers[n + 4] = "fence", string.format("%.0f", fence + taken - 1)
  end
  redis.call("HSET", KEY.record, unpack(kept))
  redis.call("HSET", KEY.meta, unpack(numbers))
  if ringing then redis.call("LPUSH", KEY.bell, "") end
  if others and many > 0 then notifyWaiters({ unpack(ids, 1, many) }) end
  return { "ok", epoch, seq + 1, tasks, {}, "", nextMs, {} }
end
local plain = plainTurn()
if plain then return plain end
