-- Redis's own clock, read once: no two workers ever compare clocks. `now` is in
-- milliseconds, `nowUs` in microseconds; a number that long is only ever turned
-- into text through "%.0f", because Lua's default keeps 14 digits.
local time = redis.call("TIME")
local nowUs = time[1] * 1000000 + time[2]
local now = math.floor(nowUs / 1000)
