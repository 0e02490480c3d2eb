-- Wakes one idle worker, at `write`. One ring is enough: a worker that leaves
-- tasks behind rings again. Rings do not pile up: a bell without a listener stays
-- one entry.
local waking = false
local function wake()
  waking = true
end
