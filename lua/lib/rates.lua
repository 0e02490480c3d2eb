-- Rate limits: the generic cell rate algorithm (ITU-T I.371, as a virtual
-- scheduling algorithm), with one number per bucket. The number is the time when the
-- bucket will be full again, in microseconds. Each task adds `gap` to it, and is
-- admitted unless it is `burst` gaps ahead. A refusal changes no number, so a caller
-- that waits exactly as long as the reply demands is admitted.
--
-- Created only for a queue with limits, like all of lib/admission.lua: most pushes
-- have none, and an unused closure is not free.
local function buckets()
  local due, promised, charged = {}, {}, {}
  local function dueOf(who, rule)
    if not due[who] then
      local at = math.max(nowUs, tonumber(redis.call("ZSCORE", KEY.rate, who) or 0))
      -- The number is further ahead than this rate allows: the clock was set back, or
      -- the rate was lower. The new rate takes effect at once.
      local furthest = nowUs + rule.burst * rule.gap
      due[who] = at > furthest + 1000 and furthest - rule.gap or at
    end
    return due[who]
  end

  -- Returns the microseconds until all of `rules` admit `cost` tasks; 0 for now, and
  -- then charges them. Tasks that have to wait get different times, or all of them
  -- would return at the first.
  local function waitUs(rules, cost)
    local wait = 0
    for who, rule in pairs(rules) do
      wait = math.max(wait, dueOf(who, rule) - (rule.burst - cost) * rule.gap - nowUs)
    end
    for who, rule in pairs(rules) do
      if wait <= 0 then
        due[who], charged[who] = due[who] + cost * rule.gap, true
      else
        local at = math.max(promised[who] or 0, due[who])
        wait = math.max(wait, at - (rule.burst - cost) * rule.gap - nowUs)
        promised[who] = at + cost * rule.gap
      end
    end
    return wait
  end

  -- Stores the charged buckets, and deletes more full ones than that.
  local function charge()
    local places = {}
    for who in pairs(charged) do
      places[#places + 1] = string.format("%.17g", due[who])
      places[#places + 1] = who
    end
    if #places == 0 then return end
    forgetFull(200)
    redis.call("ZADD", KEY.rate, unpack(places))
  end

  return waitUs, charge, dueOf
end
