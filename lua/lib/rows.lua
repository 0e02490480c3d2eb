-- The rows of a call, without a table for each. A column with the same value in all rows is
-- sent once: behind the arguments comes a mark for each column, "0" for one value and "1" for
-- one value per row; then the single values; then the rest, row by row. The value of a column
-- in row `i` is `ARGV[cellAt[column] + (i - 1) * cellStep[column]]`. See core/redis/call.ts.
local rowCount, cellAt, cellStep = 0, {}, {}
do
  local marks, free, varying = ARGV[marksAt] or "", marksAt + 1, {}
  for column = 1, #marks do
    if string.byte(marks, column) == 48 then
      cellAt[column], cellStep[column], free = free, 0, free + 1
    else
      varying[#varying + 1] = column
    end
  end
  for i, column in ipairs(varying) do
    cellAt[column], cellStep[column] = free + i - 1, #varying
  end
  if marks ~= "" then rowCount = #varying == 0 and 1 or (#ARGV + 1 - free) / #varying end
end
