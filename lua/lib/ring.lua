-- Wakes one idle worker, at `write`. One ring is enough: a worker that leaves
-- tasks behind rings again. It is not heaped up: a bell nobody hears stays one
-- entry.
local rung = false
local function ring()
  rung = true
end
