-- How many more tasks this partition takes. A duplicate of an accepted task is
-- never counted.
local function roomLeft()
  if depth == 0 then return math.huge end
  return depth - redis.call("ZCARD", KEY.ready) - redis.call("ZCARD", KEY.scheduled)
end
