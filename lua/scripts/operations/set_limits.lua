--- set_limits: sets the limits of a queue, for every producer and worker
---
--- Each row sets one limit; an empty value removes it. A changed rate begins
--- with full buckets. Wakes a worker, because there may be room for more tasks now.
---
--- @row   name:string value:string
--- @reply ok
--- @meta  limits limit:concurrency paused
--- @use   clock meta commit

local before = { limits = meta.limits or "", ["limit:concurrency"] = meta["limit:concurrency"] or "" }
local limits, texts = {}, {}
for name, value in string.gmatch(before.limits, "(%a+)=(%S+)") do limits[name] = value end
local rate, after = limits.rate, { ["limit:concurrency"] = before["limit:concurrency"] }
for _, row in ipairs(rows) do
  if row.name == "concurrency" then
    after["limit:concurrency"] = row.value
  else
    limits[row.name] = row.value ~= "" and row.value or nil
  end
end
for name, value in pairs(limits) do texts[#texts + 1] = name .. "=" .. value end
table.sort(texts)
after.limits = table.concat(texts, " ")

local removed, same = {}, true
for field, text in pairs(after) do
  if text ~= before[field] then
    same = false
    if text == "" then removed[#removed + 1] = field else note(field, text) end
  end
end
if same then return answer("ok") end
redis.call("ZCARD", KEY.rate) -- Touched before the first write; see lib/write.lua.
local ringing = not meta.paused and redis.call("ZCARD", KEY.ready) > 0
  and redis.call("LLEN", KEY.bell) == 0
commit()
if #removed > 0 then redis.call("HDEL", KEY.meta, unpack(removed)) end
if limits.rate ~= rate then redis.call("UNLINK", KEY.rate) end
if ringing then redis.call("LPUSH", KEY.bell, "") end
return answer("ok")
