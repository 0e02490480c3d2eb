--- pause: closes a queue to workers or to producers, until `resume`
---
--- Running tasks continue, and are settled. A paused queue wakes no worker.
---
--- @arg   field   string  "paused" for claims, "closed" for pushes
--- @arg   reason  string
--- @reply ok
--- @use   clock meta commit

if redis.call("HGET", KEY.meta, field) ~= reason then
  note(field, reason)
  commit()
end
return answer("ok")
