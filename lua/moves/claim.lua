--- @use envelopes condemn
-- claim: ready -> running, quarantined -> running for a suspect, or scheduled -> running for
-- a deferred task that this worker knows. Gives each task the nonce of its claim and the
-- next fence of this partition. A fence never falls: not when a record is deleted, not when
-- Redis rolls back.

-- Returns the time for which no live worker has known a deferred task.
local function unknownMs(record)
  if not record.deferredAt or record.needs and ableWorker(record.needs) then return 0 end
  return now - record.deferredAt
end

-- Returns a claimed task for the reply and its bytes, with its history unless it is a first
-- attempt that starts at once; nil if its steps cannot be read.
local function claimReply(id, envelope)
  local record = records[id]
  local task = { id, record.fence, pushedAt(record), envelope }
  if not (record.history or record.readyAt or not record.started) then return task, #envelope end
  local packed, partial = redis.call("HGET", KEY.steps, id), redis.call("HGET", KEY.partial, id) or ""
  local steps, failure = storedPairs(packed), record.error or ""
  if not steps then return nil end
  task[5] = {
    record.failures or 0, record.crashes or 0, record.stalls or 0, record.deferrals or 0,
    unknownMs(record), record.started and 1 or 0,
    record.tried and 1 or 0, partial, failure, steps,
    record.readyAt or record.ended or 0, record.alive or 0, record.before or "",
    record.handoffs or 0,
  }
  return task, #envelope + #partial + #failure + (packed and #packed or 0)
end

-- Claims tasks of `ids` until the reply is full; see lib/reply_bytes.lua. One
-- that cannot be claimed loses its place, so that it is not met again.
local claimed, bytes = {}, 0
local function claim(ids, from)
  if #ids == 0 then return end
  load(ids)
  local fence = math.max((tonumber(meta.fence) or 0) + 1, nowUs)
  for i, envelope in ipairs(envelopesWithin(ids, 1)) do
    local id = ids[i]
    local record = records[id]
    local elsewhere = record and record.state ~= from
    if elsewhere and (envelope or record.state ~= "corrupt") then
      if not moved[id] then misplaced(id, from) end
    elseif not envelope or not record then
      orphan(id, from)
      for hash in pairs(about) do forget(hash, id) end
    elseif not moved[id] and bytes <= replyBytes and not (from == "ready" and passOn(id, envelope)) then
      record.nonce, record.worker, record.since = nonce, worker, now
      record.fence, record.solo, record.started = fence, from == "quarantined" or nil, #claimed < slots or nil
      if record.trace then record.before, record.trace = record.trace, nil end
      local task, size = claimReply(id, envelope)
      if task then
        move(id, "claim", now + leaseMs)
        claimed[#claimed + 1], bytes = task, bytes + size
        fence = fence + 1
      else
        condemn(id, from, "steps")
      end
    end
  end
  note("fence", fence - 1)
end
