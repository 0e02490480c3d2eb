-- Reads every key before it is written: Redis does not roll back, so a key of a wrong
-- type has to stop the script before its first write. Notes which hashes are missing.
local absent = {}
local function touchKeys()
  for state in pairs(out) do redis.call("ZCARD", KEY[state]) end
  for state in pairs(into) do redis.call("ZCARD", KEY[state]) end
  if #released + #holding > 0 then redis.call("ZCARD", KEY.holds) end
  if #counted + #uncounted > 0 then redis.call("ZCARD", KEY.tenants) end
  if #listed + #unlisted > 0 then redis.call("ZCARD", KEY.deferred) end
  for hash, key in pairs(about) do
    if #forgotten[hash] + #kept[hash] > 0 then absent[hash] = redis.call("HLEN", key) == 0 end
  end
end

-- Records that a move has packed in an order of its own; nothing changes them after that.
local packed = {}
-- Writes the moves: removes from the old sets, adds to the new ones, then the hashes.
local function write(growing)
  for id in pairs(touched) do
    if records[id] then keep("record", id, packed[id] or cmsgpack.pack(records[id])) end
  end
  local ringing = waking and not meta.paused and redis.call("LLEN", KEY.bell) == 0
  touchKeys()
  commit(growing)
  for state, ids in pairs(out) do redis.call("ZREM", KEY[state], unpack(ids)) end
  for state, places in pairs(into) do addMany(KEY[state], places) end
  if #released > 0 then redis.call("ZREM", KEY.holds, unpack(released)) end
  if #holding > 0 then addMany(KEY.holds, holding) end
  if #uncounted > 0 then redis.call("ZREM", KEY.tenants, unpack(uncounted)) end
  if #counted > 0 then redis.call("ZADD", KEY.tenants, unpack(counted)) end
  if #unlisted > 0 then redis.call("ZREM", KEY.deferred, unpack(unlisted)) end
  if #listed > 0 then addMany(KEY.deferred, listed) end
  for hash, key in pairs(about) do
    if #forgotten[hash] > 0 and not absent[hash] then redis.call("HDEL", key, unpack(forgotten[hash])) end
    if #kept[hash] > 0 then redis.call("HSET", key, unpack(kept[hash])) end
  end
  if ringing then redis.call("LPUSH", KEY.bell, "") end
end
