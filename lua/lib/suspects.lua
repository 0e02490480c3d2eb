-- The suspect that each worker runs. If the worker dies, the suspect is charged, and the
-- tasks beside it are not: otherwise a poison task would bury its neighbours.
local accused = {}
-- Returns the suspect that the worker `id` runs, or false. The first answer stays: the
-- script that brings back the suspect may bring back the tasks beside it after that.
local function suspectOf(id)
  if accused[id] ~= nil then return accused[id] end
  local suspect = (workerOf(id) or {}).suspect
  if suspect then load({ suspect }) end
  local record = suspect and records[suspect]
  local runs = record and record.state == "running" and record.solo and record.worker == id
  accused[id] = runs and suspect or false
  return accused[id]
end
