-- The least time in milliseconds that a result is kept for a caller who knows that it is there:
-- one that waits for it, or one whose push was answered with it.
local readingMs = 30000
