--- check_admission: checks if the queue would accept `cost` more tasks now
---
--- For a caller that knows only the tenant of its tasks yet. The answer reserves no
--- place and charges no rate: the push itself decides. The script changes only the
--- counter of refusals.
---
--- `quotas` is a flat list of the limits that bind. Each has its name, the most tasks,
--- the ms of its window (0 without one), the tasks left after these, and the ms until
--- there is room for one more (0 if unknown, or if all are left).
---
--- @arg   own     string    limits of the caller, see core/protocol/limits.ts, or ""
--- @arg   tenant  string    tenant of the tasks, or ""
--- @arg   cost    integer   number of tasks
--- @reply ok quotas:list
--- @reply refused reason:string waitMs:integer quotas:list
--- @meta  closed limits
--- @use   clock order meta records commit rates admission

-- Most queues have no limits, and an unused closure is not free.
if own == "" and not meta.limits and not meta.closed then return answer("ok", {}) end
local refusal, _, limits = admission()
local reason, waitMs = refusal(tenant, cost)
if reason then
  count("refused:" .. reason)
  redis.call("PERSIST", KEYS[1]) -- Takes no memory, and lets in what follows; see lib/commit.lua.
  countEvents()
end

local quotas = {}
local function quota(name, most, perMs, left, resetMs)
  local n = #quotas
  quotas[n + 1], quotas[n + 2], quotas[n + 3] = name, most, perMs
  quotas[n + 4], quotas[n + 5] = math.max(0, left), resetMs
end
local rules = limits.rulesOf(tenant)
local function ofRate(name, who)
  local rule = rules[who]
  if not rule then return end
  -- A quotient may be slightly smaller than its exact value.
  local busy = (limits.dueOf(who, rule) - nowUs) / rule.gap
  local left = math.floor(rule.burst - busy + 0.001)
  local resetMs = math.ceil((busy + left + 1 - rule.burst) * rule.gap / 1000)
  quota(name, rule.burst, math.ceil(rule.burst * rule.gap / 1000), left,
    left < rule.burst and resetMs or 0)
end
ofRate("rate", "queue")
ofRate("tenant-rate", "tenant:" .. tenant)
local waiting, ofTenant = limits.used(tenant)
if waiting then quota("depth", limits.bounds.depth, 0, limits.bounds.depth - waiting, 0) end
if ofTenant then quota("tenant", limits.bounds.tenant, 0, limits.bounds.tenant - ofTenant, 0) end

if reason then return answer("refused", reason, waitMs, quotas) end
return answer("ok", quotas)
