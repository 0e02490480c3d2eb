-- A plain push, which almost every push is: every task is new, due at once and nothing but
-- its priority and its envelope, and the queue has neither limits nor followers. Returns the
-- reply, or nil for any other push: then it has written nothing. The first columns of the rows
-- are the id, the priority and the envelope.
local function plainPush()
  local ids = distinctIds()
  if not ids then return nil end

  local schema, epoch, seq, order, pushes, creations, closed, limits, paused, events =
    unpack(redis.call("HMGET", KEY.meta, "schema", "epoch", "seq", "order", "n:push", "n:created",
      "closed", "limits", "paused", "events"))
  if schema ~= "1" or not epoch or not seq or closed or limits then return nil end
  local records = redis.call("HMGET", KEY.record, unpack(ids))
  local scores = redis.call("ZMSCORE", KEY.ready, unpack(ids))
  local last = math.max((now - epochBase) * 64, (order or 0) + 1) - 1
  local envelopes, places = {}, {}
  local priorityAt, priorityStep, envelopeAt, envelopeStep =
    cellAt[2], cellStep[2], cellAt[3], cellStep[3]
  for i = 1, rowCount do
    if records[i] or scores[i] then return nil end
    local before, id = i - 1, ids[i]
    last = last + 1
    local priority = ARGV[priorityAt + before * priorityStep]
    places[2 * i - 1], places[2 * i] = string.format("%.0f", (100 - priority) * band + last), id
    envelopes[2 * i - 1], envelopes[2 * i] = id, ARGV[envelopeAt + before * envelopeStep]
  end
  if events and listeners(root .. "events:" .. events) > 0 then return nil end
  local ringing = not paused and redis.call("LLEN", KEY.bell) == 0

  redis.call("HSET", KEY.task, unpack(envelopes))
  redis.call("ZADD", KEY.ready, unpack(places))
  redis.call("HSET", KEY.meta, "seq", string.format("%.0f", seq + 1),
    "order", string.format("%.0f", last), "n:push", string.format("%.0f", (pushes or 0) + rowCount),
    "n:created", string.format("%.0f", (creations or 0) + rowCount))
  if ringing then redis.call("LPUSH", KEY.bell, "") end
  return { "plain", epoch, seq + 1 }
end
