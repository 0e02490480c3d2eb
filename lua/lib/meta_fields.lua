-- The fields of `meta` that are numbers or limits. Another program may have written there.
local numbers = { schema = true, epoch = true, seq = true, fence = true, order = true, laneUntil = true,
  swept = true, graceUntil = true, reporterUntil = true, looked = true, ["limit:concurrency"] = true }

local function isLimits(text)
  for word in string.gmatch(text, "%S+") do
    if not string.find(word, "^%a+=%d+$") and not string.find(word, "^rate=%d+/%d+/%d+/%a+$") then
      return false
    end
  end
  return true
end

-- Returns the names of the fields that are anything else.
local function wrongFields()
  local wrong, all = {}, redis.call("HGETALL", KEY.meta)
  for i = 1, #all, 2 do
    local name, value = all[i], all[i + 1]
    local isNumber = numbers[name] or string.find(name, "^n:")
    if isNumber and not string.find(value, "^-?%d+$") or name == "limits" and not isLimits(value) then
      wrong[#wrong + 1] = name
    end
  end
  return wrong
end
