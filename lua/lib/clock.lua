-- The clock of Redis, read once, so that workers never compare their own clocks. `now`
-- is in milliseconds, `nowUs` in microseconds. Format such long numbers with "%.0f"
-- only, because Lua's default keeps 14 digits.
local time = redis.call("TIME")
local nowUs = time[1] * 1000000 + time[2]
local now = math.floor(nowUs / 1000)
