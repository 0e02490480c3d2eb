-- claim: ready -> running, or quarantined -> running for a suspect. Gives each
-- task the nonce of its claim and the next fence of this partition. A fence
-- never falls: not when a record is deleted, not when Redis rolls back.

-- Returns a claimed task for the reply, with its history unless it is a first attempt
-- that starts at once.
local function claimReply(id, envelope)
  local record = records[id]
  local task = { id, record.fence, pushedAt(record), envelope }
  if record.history or record.readyAt or not record.started then
    task[5] = {
      record.failures or 0, record.crashes or 0, record.stalls or 0, record.deferrals or 0,
      record.deferredAt and now - record.deferredAt or 0, record.started and 1 or 0,
      record.tried and 1 or 0, redis.call("HGET", KEY.partial, id) or "", record.error or "",
      cmsgpack.unpack(redis.call("HGET", KEY.steps, id) or "\144"),
      record.readyAt or record.ended or 0, record.alive or 0, record.before or "",
    }
  end
  return task
end

local claimed = {}
local function claim(ids, solo)
  if #ids == 0 then return end
  load(ids)
  local fence = math.max((tonumber(meta.fence) or 0) + 1, nowUs)
  for i, envelope in ipairs(redis.call("HMGET", KEY.task, unpack(ids))) do
    local id = ids[i]
    local record = records[id]
    if not envelope or not record then
      orphan(id, solo and "quarantined" or "ready")
      for hash in pairs(about) do forget(hash, id) end
    elseif not moved[id] then
      record.nonce, record.worker, record.since = nonce, worker, now
      record.fence, record.solo, record.started = fence, solo, #claimed < slots or nil
      if record.trace then record.before, record.trace = record.trace, nil end
      move(id, "claim", now + leaseMs)
      claimed[#claimed + 1] = claimReply(id, envelope)
      fence = fence + 1
    end
  end
  note("fence", fence - 1)
end
