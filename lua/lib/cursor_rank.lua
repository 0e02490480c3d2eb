-- The rank behind a cursor, which is the score and the member of the last entry
-- that was seen, whether that one is still there or not; `first` without one.
-- Towards the front, where `first` is not 0, the entry itself is left behind too.

-- Members are ordered by their bytes; Lua's own `<` would ask the locale.
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
  -- It has left: among those of its score, which may be many, find its place.
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
