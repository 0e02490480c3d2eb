--- follow: returns the id of the channel of this partition's events
---
--- Pub/Sub knows no databases, and a script cannot read which database it works on. So the
--- name of the channel ends with an id that is stored here, by the first follower.
---
--- @arg   id  string   made by the caller, stored if there is none
--- @reply ok channel:string
--- @use   clock meta commit

local stored = redis.call("HGET", KEY.meta, "events")
if not stored then
  stored = id
  note("events", id)
  commit()
end
return answer("ok", stored)
