-- Returns the lease of the worker `id`: that of its heartbeats, or that of its last claims if
-- it has not beaten yet.
local terms = {}
local function termOf(id)
  if terms[id] then return terms[id] end
  local term = (workerOf(id) or {}).lease
  if not term then
    local claims = redis.call("HMGET", KEY.worker, id .. "#0", id .. "#1")
    term = tonumber(string.match(claims[1] or claims[2] or "", "^%S+ (%d+)"))
  end
  terms[id] = term or leaseMs
  return terms[id]
end
