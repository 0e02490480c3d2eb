-- Has `write` wake one idle worker. One ring is enough: a worker that leaves tasks
-- rings again. Rings do not accumulate: a bell without a listener keeps one entry.
local waking = false
local function wake()
  waking = true
end
