-- Wakes one idle worker, at `write`. One ring is enough: a worker that leaves
-- tasks behind rings again. It is not heaped up: a bell nobody hears stays one
-- entry.
local waking = false
local function wake()
  waking = true
end
