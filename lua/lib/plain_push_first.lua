--- @use plain_push
-- Answers a plain push. Delays, times, prints, limits and tenants: no row may have one, so that
-- two zeros are all there is. A death that a row replaces matters only to a task with a record.
if parent == "" and own == "" and rowCount > 0
  and cellStep[4] + cellStep[5] + cellStep[6] + cellStep[7] + cellStep[8] == 0
  and ARGV[cellAt[4]] .. ARGV[cellAt[5]] .. ARGV[cellAt[6]] .. ARGV[cellAt[7]] .. ARGV[cellAt[8]]
    == "00" then
  local plain = plainPush()
  if plain then return plain end
end
