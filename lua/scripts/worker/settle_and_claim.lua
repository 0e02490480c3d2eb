--- settle_and_claim: settles finished tasks of a worker, and claims its next ones
---
--- One call does both, because a worker that ends a task has a free slot. Without
--- rows it only claims, with `slots` and `spare` 0 it only settles, with neither it
--- passes a ring on. A repeated call gets the reply of the first: settles are known by
--- their nonce, and the last claim of each of a worker's two calls in flight is stored.
---
--- When a suspect in quarantine is due, a worker that is empty gets it alone (`lane` is
--- "solo"). One worker that is not gets no task for a second ("wait"), to get empty. A
--- relief worker gets the suspect at once, or no task ("none"). See lib/lane.lua.
---
--- A worker gets no task that it cannot run while another live worker can; `needs` of a row
--- that is deferred is the name and the version of its task. See lib/routes.lua.
---
--- lib/plain_turn.lua answers a turn that only claims new tasks and completes first attempts.
---
--- A paused queue hands out no task. A queue with a concurrency limit hands out no more
--- than the limit, and none to hold: those would count as running and not run. A settle
--- that frees a place there wakes a worker.
---
--- The `text` of a failed attempt is the reason, and its note behind a tab; see lib/history.lua.
---
--- The result of a completed task is kept for `ms`, and its key answers for `keyMs`. Its payload is
--- kept as long if `keep` is 1.
---
--- `stale` are the ids of rows that changed nothing, `cancelled` ids and reasons of those that
--- stopped their task instead, because its cancellation was asked.
---
--- @arg   worker   string
--- @arg   call     string   which of the two calls in flight, "0" or "1"
--- @arg   nonce    string   of this claim, made by the caller
--- @arg   slots    integer  tasks to start at once, at most 200
--- @arg   spare    integer  tasks to hold beyond them, at most 200
--- @arg   leaseMs  integer
--- @arg   empty    integer  1 if the worker holds no task after these rows
--- @arg   relief   integer  1 if it runs only suspects, even if another worker keeps the lane
--- @arg   traces   string   of the rows; see lib/trace_contexts.lua
--- @row   id:string nonce:string event:string ms:integer text:string error:string partial:string name:string keyMs:integer needs:string keep:integer
--- @reply ok tasks:list stale:list lane:string nextMs:integer cancelled:list
--- @on    claim complete retry bury defer handoff stop promote condemn
--- @meta  paused limit:concurrency mixedAt
--- @first clock order channel notify_waiters add_many distinct_ids plain_record plain_turn
--- @use   meta records trace_contexts held move wake history commit write publish_events task_name
--- @use   end_cancelled lease_index workers knowledge routes complete retry bury defer handoff stop settle
--- @use   promote claim suspects lane concurrency_room replay_claim

local stale, cancelled, ids = {}, {}, {}
for i, row in ipairs(rows) do ids[i] = row.id end
load(ids)
for i, row in ipairs(rows) do
  if not settle(row, traceContexts[i]) then
    stale[#stale + 1] = row.id
  elseif row.event ~= "stop" and records[row.id].state == "cancelled" then
    cancelled[#cancelled + 1] = row.id
    cancelled[#cancelled + 1] = records[row.id].reason
  end
end

local want, state, nextMs = slots + spare, "", -1
local again = want > 0 and replayClaim()
if again and again[1] and records[again[1][1]].solo then state = "solo" end
local room = concurrencyRoom()
if room < math.huge then want = math.min(slots, room) end
if want > 0 and not again then
  local suspect
  state, suspect = lane()
  if suspect then
    claim({ suspect }, "quarantined")
  elseif state == "" then
    local deferred = deferredFor(want)
    claim(deferred, "scheduled")
    local left = want - #deferred
    local line = left > 0 and redis.call("ZRANGE", KEY.ready, 0, left - 1) or {}
    claim(line, "ready")
    if #line == left and redis.call("ZCARD", KEY.ready) > left then wake() end
    -- Some were too large for this reply, or cannot be claimed: the next call gets more.
    if #claimed < #deferred + #line then nextMs = 0 elseif #line < left then nextMs = promote() end
    if suspectMs and (nextMs < 0 or suspectMs < nextMs) then nextMs = suspectMs end
  end
end

if #released > 0 and room < math.huge and room > #claimed and redis.call("EXISTS", KEY.ready) == 1 then
  wake()
end
if slots + spare == 0 and #rows == 0 and redis.call("EXISTS", KEY.ready) == 1 then wake() end
if next(moved) or next(changed) or waking then
  write()
  if #claimed > 0 then rememberClaim() end
  if #claimed > 0 and state == "solo" then accuse(claimed[1][1]) end
  publishEvents()
  callWorkers()
end
return answer("ok", again or claimed, stale, state, nextMs, cancelled)
