-- The partition's own numbers. A layout newer than this script is left alone
-- before anything is read from it. `ASKED` are the fields that only this script
-- needs, `changed` holds what `commit` will store.
local meta, changed, added = {}, {}, {}
do
  local names = { "schema", "epoch", "seq", "fence", "order", "lane", "laneUntil",
    unpack(ASKED) }
  local values = redis.call("HMGET", KEY.meta, unpack(names))
  for i, name in ipairs(names) do meta[name] = values[i] or nil end
  if meta.schema and meta.schema ~= "1" then return { "schema", meta.schema, 0 } end
end

-- Stores one of the partition's own numbers at `commit`.
local function note(name, value)
  meta[name], changed[name] = value, value
end

-- Adds to the counter of an event at `commit`, 1 by default.
local function count(event, by)
  added[event] = (added[event] or 0) + (by or 1)
end

-- A reply: a word, then the epoch and sequence by which a caller notices that
-- Redis forgot something, then what the word carries.
local function answer(word, ...)
  return { word, meta.epoch or "", tonumber(meta.seq) or 0, ... }
end
