-- The limits of a queue. Both the producer and the queue may have limits: of each
-- kind the stricter one binds. An operator sets `closed`. Returns a function that
-- admits tasks, a function that stores the charged rates, and the bounds with
-- functions for their current use.
local function admission()
  local bounds, rates = {}, {}
  local waitUs, charge, dueOf = buckets()
  local function stricter(text)
    for name, value in string.gmatch(text, "(%a+)=(%S+)") do
      if name == "rate" then
        local many, ms, burst, by = string.match(value, "^(%d+)/(%d+)/(%d+)/(%a+)$")
        local rule = by and (rates[by] or { gap = 0, burst = math.huge })
        if rule then
          rule.gap = math.max(rule.gap, ms * 1000 / many)
          rule.burst = math.min(rule.burst, tonumber(burst))
          rates[by] = rule
        end
      elseif tonumber(value) then -- Another program may have written there; the audit names it.
        bounds[name] = math.min(bounds[name] or math.huge, tonumber(value))
      end
    end
  end
  if own ~= "" then stricter(own) end
  if meta.limits then stricter(meta.limits) end

  -- Returns true if a ready task has waited for more than `ms`. The oldest one is the first
  -- of its priority, and there are 101 priorities. A delayed task waits since it became
  -- ready: only its record has that time, and is read only if its push is too long ago.
  local function waitsLonger(ms)
    local from = "-inf"
    for _ = 0, 100 do
      local id, score = unpack(redis.call("ZRANGEBYSCORE", KEY.ready, from, "+inf", "WITHSCORES",
        "LIMIT", 0, 1))
      if not id then return false end
      if now - pushedAt(bareRecord(score)) > ms then
        load({ id })
        local record = records[id]
        if now - math.max(pushedAt(record), record.readyAt or 0, record.ended or 0) > ms then
          return true
        end
      end
      from = string.format("%.0f", (math.floor(score / band) + 1) * band)
    end
    return false
  end

  local waiting, old, ofTenant = nil, nil, {}
  local function full(cost)
    if not bounds.depth then return false end
    waiting = waiting or redis.call("ZCARD", KEY.ready) + redis.call("ZCARD", KEY.scheduled)
    return waiting + cost > bounds.depth
  end
  local function late()
    if not bounds.age then return false end
    if old == nil then old = waitsLonger(bounds.age) end
    return old
  end
  local function crowded(tenant, cost)
    if not bounds.tenant or tenant == "" then return false end
    ofTenant[tenant] = ofTenant[tenant] or
      redis.call("ZLEXCOUNT", KEY.tenants, "[" .. tenant .. "\1", "(" .. tenant .. "\2")
    return ofTenant[tenant] + cost > bounds.tenant
  end

  local function rulesOf(tenant)
    local rules = { queue = rates.queue }
    if tenant ~= "" then rules["tenant:" .. tenant] = rates.tenant end
    return rules
  end

  -- Returns the reason of a refusal and the ms to wait, or nil if the tasks are admitted.
  -- The rate is checked last, because the check charges it.
  local function refusal(tenant, cost)
    if meta.closed then return "closed", 1000 end
    if full(cost) then return "depth", 1000 end
    if late() then return "age", 1000 end
    if crowded(tenant, cost) then return "tenant", 1000 end
    local wait = waitUs(rulesOf(tenant), cost)
    if wait > 0 then return "rate", math.ceil(wait / 1000) end
    if waiting then waiting = waiting + cost end
    if ofTenant[tenant] then ofTenant[tenant] = ofTenant[tenant] + cost end
    return nil
  end

  return refusal, charge, {
    bounds = bounds, rulesOf = rulesOf, dueOf = dueOf,
    used = function(tenant)
      full(0)
      crowded(tenant, 0)
      return waiting, ofTenant[tenant]
    end,
  }
end
