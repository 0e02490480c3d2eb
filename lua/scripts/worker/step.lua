--- step: saves the result of a step of a running task
---
--- @arg   id     string
--- @arg   nonce  string
--- @arg   name   string   of the step
--- @arg   value  string   JSON
--- @arg   limit  integer  the most bytes of all steps of a task together
--- @reply ok
--- @reply stale           the lease is lost; nothing was saved
--- @reply large           nothing was saved
--- @reply corrupt         the steps before cannot be read; nothing was saved
--- @use   clock order meta records held commit

load({ id })
if not held(id, nonce) then return answer("stale") end
local steps = storedPairs(redis.call("HGET", KEY.steps, id))
if not steps then return answer("corrupt") end
for i = 1, #steps, 2 do
  if steps[i] == name and steps[i + 1] == value then return answer("ok") end
end
steps[#steps + 1] = name
steps[#steps + 1] = value
local packed = cmsgpack.pack(steps)
if #packed > limit then return answer("large") end
commit()
redis.call("HSET", KEY.steps, id, packed)
return answer("ok")
