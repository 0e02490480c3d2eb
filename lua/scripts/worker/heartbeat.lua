--- heartbeat: running -> running, for everything a worker holds
---
--- Renews leases, saves the progress of the tasks, and records that the worker is
--- alive. `seen` is 1 if this server sees the worker's subscription; only a worker it
--- has seen can be presumed dead for the lack of one. `lost` are the tasks that the
--- worker no longer holds, `asked` those to be cancelled, as id and reason. `order` is a
--- command it has not applied yet. `workers` counts the fleet, which shares the idle beats.
---
--- @arg   worker   string
--- @arg   says     string   JSON for people: host, process, concurrency
--- @arg   knows    string   a fingerprint of the tasks it knows, or ""
--- @arg   obeyed   string   the last command it applied, or ""
--- @arg   leaseMs  integer
--- @arg   traces   string   see lib/trace_contexts.lua
--- @arg   tally    string   counts for the history of the queue; see lib/tally.lua
--- @row   id:string nonce:string started:integer progress:string remark:string partial:string
--- @reply ok seen:integer lost:list asked:list order:string workers:integer
--- @on    beat
--- @meta  missing known
--- @use   clock order meta records trace_contexts held channel move wake workers missing commit add_many write tally

local ids, lost, asked = {}, {}, {}
for i, row in ipairs(rows) do ids[i] = row.id end
load(ids)
for i, row in ipairs(rows) do
  local record = records[row.id]
  if held(row.id, row.nonce) then
    move(row.id, "beat", now + leaseMs)
    local started = row.started == 1 or nil
    local trace = traceContexts[i] or record.trace
    if row.progress == "" and started == (record.started or nil) and trace == record.trace then
      touched[row.id] = nil
    end
    if trace then record.trace = trace end
    record.started = started
    if row.progress ~= "" then record.progress, record.remark = row.progress, row.remark end
    if row.partial ~= "" then keep("partial", row.id, row.partial) end
    if record.cancel then
      asked[#asked + 1] = row.id
      asked[#asked + 1] = record.cancel
    end
  else
    lost[#lost + 1] = row.id
  end
end

local entry = workerOf(worker) or {}
local heard = listeners(root .. "@" .. worker) > 0
entry.run = heard and run() or nil
entry.blocked = nil
noteMissing({ [worker] = false })
entry.beat, entry.about, entry.lease = now, says, leaseMs
if entry.order == obeyed then entry.order, entry.obeyed = nil, obeyed end
local workers = redis.call("ZCARD", KEY.workers) -- Touched before the first write; see lib/write.lua.
-- While workers report different tasks, claims look who can run what; see lib/routes.lua.
if knows ~= "" and knows ~= meta.known then
  if meta.known then note("mixedAt", now) end
  note("known", knows)
end
local report = newReport(tally, entry)
write()
workers = workers + redis.call("ZADD", KEY.workers, now, worker)
redis.call("HSET", KEY.worker, worker, cmsgpack.pack(entry))
keepHistory(report, {})
return answer("ok", heard and 1 or 0, lost, asked, entry.order or "", workers)
