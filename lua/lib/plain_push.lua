-- A plain push, which almost every push is: every task is new, due at once and nothing but
-- its priority and its envelope, and the queue has neither limits nor followers. Returns the
-- reply, or nil for any other push: then it has written nothing.
local function plainPush()
  local many = (#ARGV + 1 - rowsAt) / rowWidth
  if parent ~= "" or own ~= "" or many == 0 then return nil end
  local ids, seen = {}, {}
  for i = 1, many do
    local at = rowsAt + (i - 1) * rowWidth
    local id = ARGV[at]
    if ARGV[at + 1] ~= "0" or ARGV[at + 2] ~= "0" or ARGV[at + 4] ~= "" or ARGV[at + 5] ~= ""
      or ARGV[at + 6] ~= "" or seen[id] then return nil end
    ids[i], seen[id] = id, true
  end

  local schema, epoch, seq, order, pushes, creations, closed, limits, paused =
    unpack(redis.call("HMGET", KEY.meta, "schema", "epoch", "seq", "order", "n:push", "n:created",
      "closed", "limits", "paused"))
  if schema ~= "1" or not epoch or not seq or closed or limits then return nil end
  local records = redis.call("HMGET", KEY.record, unpack(ids))
  local scores = redis.call("ZMSCORE", KEY.ready, unpack(ids))
  local last = math.max((now - epochBase) * 64, (order or 0) + 1) - 1
  local envelopes, places = {}, {}
  for i = 1, many do
    if records[i] or scores[i] then return nil end
    local at = rowsAt + (i - 1) * rowWidth
    last = last + 1
    envelopes[2 * i - 1], envelopes[2 * i] = ids[i], ARGV[at + 7]
    places[2 * i - 1] = string.format("%.0f", (100 - ARGV[at + 3]) * band + last)
    places[2 * i] = ids[i]
  end
  if listeners(root .. "events") > 0 then return nil end
  local ringing = not paused and redis.call("LLEN", KEY.bell) == 0

  redis.call("HSET", KEY.task, unpack(envelopes))
  redis.call("ZADD", KEY.ready, unpack(places))
  redis.call("HSET", KEY.meta, "seq", string.format("%.0f", seq + 1),
    "order", string.format("%.0f", last), "n:push", string.format("%.0f", (pushes or 0) + many),
    "n:created", string.format("%.0f", (creations or 0) + many))
  if ringing then redis.call("LPUSH", KEY.bell, "") end
  return { "ok", epoch, seq + 1, {}, {} }
end
local plain = plainPush()
if plain then return plain end
