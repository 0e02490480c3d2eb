-- The partition's own numbers. The script returns at once if the layout is newer
-- than itself. `ASKED` lists the fields that only this script needs, `changed`
-- those that `commit` will store.
local meta, changed, added = {}, {}, {}
do
  local names = { "schema", "epoch", "seq", "fence", "order", "lane", "laneUntil",
    unpack(ASKED) }
  -- A key of a wrong type reads as empty here: the first write fails, before any other.
  local values = redis.pcall("HMGET", KEY.meta, unpack(names))
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

-- Makes a reply: a word, then epoch and sequence, then the values of the word. By
-- epoch and sequence a caller notices that Redis lost data.
local function answer(word, ...)
  return { word, meta.epoch or "", tonumber(meta.seq) or 0, ... }
end
