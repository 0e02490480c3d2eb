-- Returns true if `key` is of the type `kind`, or missing. A script for people reads a key of
-- another type as empty: the audit names it, and all else stays visible.
local function isOf(kind, key)
  local found = redis.call("TYPE", key).ok
  return found == kind or found == "none"
end
