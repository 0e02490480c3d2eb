-- Rate limits: the generic cell rate algorithm (ITU-T I.371, as a
-- virtual scheduling algorithm), with one number for each that is limited. That
-- number is when a bucket will be full again, in microseconds: each task moves it
-- on by `gap`, and may come if it is not `burst` gaps ahead. What is refused moves
-- nothing, so waiting exactly as long as was said is enough.
--
-- Made only where there is a limit, as the whole of lib/admission.lua is: most pushes
-- meet none, and an unused closure is not free.
local function buckets()
  local due, promised, charged = {}, {}, {}
  local function dueOf(who, rule)
    if not due[who] then
      local at = math.max(nowUs, tonumber(redis.call("ZSCORE", KEY.rate, who) or 0))
      -- Further than any rate of this kind gets: the clock was set back, or the
      -- rate was lower. It takes effect now, and not when the old one would allow.
      local furthest = nowUs + rule.burst * rule.gap
      due[who] = at > furthest + 1000 and furthest - rule.gap or at
    end
    return due[who]
  end

  -- The microseconds until `cost` tasks may come that all of `rules` bind, 0 for
  -- now: then they are charged. Tasks that have to wait get a time of their own each,
  -- or all would come back at the first.
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

  -- Stores what was charged, and forgets more than that.
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
