--- unlock: running -> nothing
---
--- Releases a lock without a result, so that the next caller does the work.
---
--- @arg   id     string
--- @arg   nonce  string
--- @reply ok
--- @reply stale
--- @on    unlock
--- @use   clock order meta records held channel move wake commit add_many write

load({ id })
if not records[id] then return answer("ok") end
if not held(id, nonce) then return answer("stale") end
move(id, "unlock", 0)
write()
return answer("ok")
