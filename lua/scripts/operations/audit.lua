--- audit: looks for violated invariants, and for what cannot be read
---
--- Checks one batch of one section: a state, or a hash. One script reads both the
--- place and the record of a task, so a task that moves between two batches is no
--- false alarm. `cursor` of the reply is "0" after the last batch. `broken` is a
--- flat list of entries and their violations.
---
--- The section "keys" has the keys of a wrong type: no other section can be checked before they
--- are put aside.
---
--- @arg   section  string   "keys", "meta", "worker", a state, "task", "record", "partial", "steps", "waiters", "holds", "tenants", "deferred"
--- @arg   cursor   string   "0" first
--- @arg   limit    integer  at most 200
--- @reply ok cursor:string broken:list
--- @use   clock order meta records workers key_kinds meta_fields

local broken = {}
local function blame(entry, what)
  broken[#broken + 1] = entry
  broken[#broken + 1] = what
end

if section == "keys" then
  for name, kind in pairs(wrongKeys()) do
    blame(name, "is a " .. redis.call("TYPE", keysOf[kind][name]).ok .. ", and should be a " .. kind)
  end
  return answer("ok", "0", broken)
end
if section == "meta" then
  for _, name in ipairs(wrongFields()) do blame(name, "has a value that cannot be read") end
  return answer("ok", "0", broken)
end
if section == "worker" then
  local page = redis.call("HSCAN", KEY.worker, cursor, "COUNT", limit)
  for i = 1, #page[2], 2 do
    local id = page[2][i]
    if not string.find(id, "#", 1, true) and not workerOf(id) then
      blame(id, "has an entry that cannot be read")
    end
  end
  return answer("ok", page[1], broken)
end

local hashes = { task = KEY.task, record = KEY.record, partial = KEY.partial, steps = KEY.steps,
  waiters = KEY.waiters }
local sets = { holds = KEY.holds, tenants = KEY.tenants, deferred = KEY.deferred }
local next, ids, entries = "0", {}, {}
if hashes[section] then
  local page = redis.call("HSCAN", hashes[section], cursor, "COUNT", limit)
  next = page[1]
  for i = 1, #page[2], 2 do ids[#ids + 1] = page[2][i] end
else
  ids = redis.call("ZRANGE", sets[section] or STATES[section], cursor, cursor + limit - 1)
  if #ids == limit then next = string.format("%d", cursor + limit) end
end
for i, member in ipairs(ids) do
  if sets[section] then ids[i], entries[i] = string.sub(member, -22), member end
end
load(ids)

local function check(i, id)
  local record, places = records[id], {}
  if record and record.state == "corrupt" then
    return blame(entries[i] or id, "has a record that cannot be read")
  end
  for state, key in pairs(STATES) do
    if redis.call("ZSCORE", key, id) then places[#places + 1] = state end
  end
  local state = record and record.state
  if #places ~= 1 then blame(id, "is in " .. #places .. " states: " .. table.concat(places, " ")) end
  if #places == 1 and places[1] ~= state then
    blame(id, "is in " .. places[1] .. " and its record says " .. tostring(state))
  end
  local over = state == "completed" or state == "cancelled"
  local locked = record and record.worker == "lock"
  local either = locked or over and record.kept
  if redis.call("HEXISTS", KEY.task, id) == (over and 1 or 0) and not either then
    blame(id, over and "is " .. state .. " and keeps its payload" or "has lost its payload")
  end
  if over and (section == "partial" or section == "steps" or section == "waiters") then
    blame(id, "is " .. state .. " and keeps its " .. section)
  end
  if state == "running" then
    if not redis.call("ZSCORE", KEY.holds, tostring(record.worker) .. "~" .. id) then
      blame(id, "runs and no worker holds it")
    end
    if not record.nonce then blame(id, "runs without a nonce") end
    if (record.fence or 0) > (tonumber(redis.call("HGET", KEY.meta, "fence")) or 0) then
      blame(id, "has a fence above the queue's")
    end
  end
  local tenant = record and not over and state ~= "dead" and record.tenant
  if tenant and not redis.call("ZSCORE", KEY.tenants, tenant .. "\1" .. id) then
    blame(id, "does not count for its tenant")
  end
  local entry = state == "scheduled" and record.needs and deferredEntry(record, id)
  if entry and not redis.call("ZSCORE", KEY.deferred, entry) then
    blame(id, "is deferred and not listed as that")
  end
  local hold = state == "running" and tostring(record.worker) .. "~" .. id
  if section == "holds" and entries[i] ~= hold then
    blame(entries[i], "is a hold of nothing that runs there")
  elseif section == "tenants" and entries[i] ~= (tenant or "") .. "\1" .. id then
    blame(entries[i], "counts for a tenant, and should not")
  elseif section == "deferred" and entries[i] ~= entry then
    blame(entries[i], "is listed as deferred, and should not")
  end
  if section == "steps" and state ~= "dead" and not storedPairs(redis.call("HGET", KEY.steps, id)) then
    blame(id, "has steps that cannot be read")
  end
end
for i, id in ipairs(ids) do check(i, id) end
return answer("ok", next, broken)
