-- claim: ready -> running, or quarantined -> running for a suspect. Gives each
-- task the nonce by which it is held and the next fence of this partition, which
-- never falls: not when a record is deleted, not when Redis rolls back.

-- What a worker is told of a task. `again` is there from the second attempt on.
local function told(id, envelope)
  local record = records[id]
  local again = record.history and {
    redis.call("HGET", KEY.partial, id) or "",
    record.error or "",
    cmsgpack.unpack(redis.call("HGET", KEY.steps, id) or "\144"),
  }
  return {
    id, string.format("%.0f", record.fence), pushedAt(record), envelope,
    record.failures or 0, record.crashes or 0, record.stalls or 0,
    record.deferrals or 0, record.deferredAt and now - record.deferredAt or 0,
    record.started and 1 or 0, again or "",
  }
end

local claimed = {}
local function claim(ids, solo)
  if #ids == 0 then return end
  load(ids)
  for i, envelope in ipairs(redis.call("HMGET", KEY.task, unpack(ids))) do
    local id, record = ids[i], records[ids[i]]
    if not envelope or not record then
      orphan(id, solo and "quarantined" or "ready")
    elseif not moved[id] then
      note("fence", math.max((tonumber(meta.fence) or 0) + 1, nowUs))
      record.nonce, record.worker, record.since = nonce, worker, now
      record.fence, record.solo, record.started = meta.fence, solo, #claimed < slots
      move(id, "claim", now + leaseMs)
      claimed[#claimed + 1] = told(id, envelope)
    end
  end
end
