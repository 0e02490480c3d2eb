-- The fields of `meta` that are numbers. Another program may have written there.
local numbers = { schema = true, epoch = true, seq = true, fence = true, order = true, laneUntil = true,
  swept = true, graceUntil = true, reporterUntil = true, looked = true, ["limit:concurrency"] = true }
local function wrongNumbers()
  local wrong, all = {}, redis.call("HGETALL", KEY.meta)
  for i = 1, #all, 2 do
    local name = all[i]
    local counts = numbers[name] or string.find(name, "^n:")
    if counts and not string.find(all[i + 1], "^-?%d+$") then wrong[#wrong + 1] = name end
  end
  return wrong
end
