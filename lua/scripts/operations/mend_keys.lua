--- mend_keys: puts aside what no script can read, besides tasks
---
--- A key of a wrong type is kept in the hash `aside`, as DUMP writes it, under its name and the
--- time. An entry of a worker is deleted, because the worker writes it again; so is a number of
--- the partition, which starts again, and a text of limits, which an operator sets again. `done` lists the repairs.
---
--- @arg   dry  integer  1 to change nothing, and only list the repairs
--- @row   section:string entry:string
--- @reply ok done:list
--- @use   clock meta key_kinds workers meta_fields

local done, wrong = {}, wrongKeys()
local function did(row, what)
  done[#done + 1] = row.section .. ": " .. row.entry .. " " .. what
  return dry == 0
end

local function putAside(row)
  local kind = wrong[row.entry]
  if not kind or not did(row, "is put aside: it is no " .. kind) then return end
  local key = keysOf[kind][row.entry]
  redis.call("HSET", KEY.aside, row.entry .. " " .. string.format("%.0f", now), redis.call("DUMP", key))
  redis.call("UNLINK", key)
end

-- No field can be deleted before its key is a hash.
local function delete(row, key)
  if not wrong[row.section] and did(row, "is deleted: it cannot be read") then
    redis.call("HDEL", key, row.entry)
  end
end

local unreadable = {}
if not wrong.meta then
  for _, name in ipairs(wrongFields()) do unreadable[name] = true end
end
for _, row in ipairs(rows) do
  if row.section == "keys" then
    putAside(row)
  elseif row.section == "meta" and unreadable[row.entry] then
    delete(row, KEY.meta)
  elseif row.section == "worker" and not wrong.worker and not workerOf(row.entry) then
    delete(row, KEY.worker)
  end
end
return answer("ok", done)
