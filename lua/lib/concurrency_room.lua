-- Returns the number of tasks that may still start here: none in a paused queue, else up to its limit.
local function concurrencyRoom()
  if meta.paused then return 0 end
  local limit = tonumber(meta["limit:concurrency"])
  return limit and math.max(0, limit - redis.call("ZCARD", KEY.running) + #released) or math.huge
end
