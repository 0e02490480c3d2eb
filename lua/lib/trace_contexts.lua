-- The trace contexts of attempts, by their row: `<row>:<context>` separated by
-- blanks, "" without tracing. One argument for all rows, because most calls have no
-- context.
local traceContexts = {}
for row, context in string.gmatch(traces, "(%d+):(%S+)") do
  traceContexts[tonumber(row)] = context
end
