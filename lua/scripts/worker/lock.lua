--- lock: nothing -> running, held by a caller instead of a worker
---
--- A repeated call renews the lease. When the lease of a dead holder is over, the next
--- caller gets the lock. `settle_and_claim` completes a lock, so its result is kept like
--- that of a task. No worker sweeps here, so each call purges a few expired results.
---
--- @arg   id       string
--- @arg   nonce    string
--- @arg   leaseMs  integer
--- @reply ok fence:integer
--- @reply held forMs:integer
--- @reply done result:string
--- @on    lock purge
--- @use   clock order meta records held channel move wake history commit add_many write purge

load({ id })
local record = records[id]
local untilMs = tonumber(redis.call("ZSCORE", KEY.running, id) or 0)
if record and record.state == "completed"
  and tonumber(redis.call("ZSCORE", KEY.completed, id) or 0) > now then
  return answer("done", record.result)
end
if record and record.nonce ~= nonce and untilMs > now then
  -- Later than a lease from now: the clock was set back since, and the holder may be dead.
  if untilMs > now + leaseMs then
    untilMs = now + leaseMs
    enter("running", untilMs, id)
    write()
  end
  return answer("held", untilMs - now)
end
if record and record.state == "corrupt" then
  -- A record that cannot be read must not lock the key for ever.
  orphan(id, "running")
  leave("completed", id)
  record = nil
end
if not held(id, nonce) then
  note("fence", math.max((tonumber(meta.fence) or 0) + 1, nowUs))
  records[id] = {
    state = record and record.state or "none", order = arrival(), since = now, worker = "lock",
    fence = meta.fence, nonce = nonce, started = true,
  }
end
if not move(id, "lock", now + leaseMs) then return answer("held", leaseMs) end
purge("completed", 10)
write()
return answer("ok", records[id].fence)
