-- The records of tasks, by id. A task that waits for its first claim has no
-- record: its place in `ready` contains all of it, which keeps a waiting task
-- small. Later records are packed maps.
local records = {}

-- Returns the order of a task that arrives now; see lib/order.lua.
local function arrival()
  local least = (now - epochBase) * 64
  note("order", math.max(least, (tonumber(meta.order) or 0) + 1))
  return meta.order
end
local function place(record)
  return string.format("%.0f", (100 - (record.priority or 0)) * band + record.order)
end
local function pushedAt(record)
  return math.floor(record.order / 64) + epochBase
end

local function bareRecord(score)
  local above = math.floor(score / band)
  return { state = "ready", order = score - above * band, priority = above < 100 and 100 - above or nil }
end

-- Reads the records of `ids` in two calls. A missing record stays nil. One that was
-- read before is not read again: this script may have changed it since.
local function load(ids)
  local unread, bare = {}, {}
  for _, id in ipairs(ids) do
    if not records[id] then unread[#unread + 1] = id end
  end
  if #unread == 0 then return end
  for i, packed in ipairs(redis.call("HMGET", KEY.record, unpack(unread))) do
    if packed then
      records[unread[i]] = cmsgpack.unpack(packed)
    else
      bare[#bare + 1] = unread[i]
    end
  end
  if #bare == 0 then return end
  for i, score in ipairs(redis.call("ZMSCORE", KEY.ready, unpack(bare))) do
    if score then records[bare[i]] = bareRecord(score) end
  end
end
