-- Adds to a sorted set. Redis keeps a small one as a list, and searches it from the front for
-- each member that it adds. A member longer than 64 bytes makes it a tree, which it stays. A
-- list is the faster one for few.
local ballast = string.rep("~", 65)
local function addMany(key, places)
  if #places >= 64 then redis.call("ZADD", key, "0", ballast) end
  redis.call("ZADD", key, unpack(places))
  if #places >= 64 then redis.call("ZREM", key, ballast) end
end
