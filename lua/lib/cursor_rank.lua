-- The rank after a cursor. A cursor is the score and the member of the last entry of
-- a page, which may have left since. Without a cursor the rank is `first`. Towards the
-- front, where `first` is not 0, the rank is that of the entry itself.

-- Compares members by their bytes, as Redis does; Lua's own `<` depends on the locale.
local function before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

local function cursorRank(key, cursor, first)
  local score, member = string.match(cursor, "^(.-):(.+)$")
  if not score then return first end
  if redis.call("ZSCORE", key, member) == score then
    return redis.call("ZRANK", key, member) + (first == 0 and 1 or 0)
  end
  -- The entry has left: find its place among those of its score, which may be many.
  local low = redis.call("ZCOUNT", key, "-inf", "(" .. score)
  local high = redis.call("ZCOUNT", key, "-inf", score)
  for _ = 1, 60 do
    if low >= high then break end
    local middle = math.floor((low + high) / 2)
    if before(redis.call("ZRANGE", key, middle, middle)[1], member) then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end
