-- The trace contexts of attempts, by the row they belong to: `<row>:<context>` with
-- blanks between, "" where tracing is off. One argument for all rows, because mostly
-- there is none.
local traceContexts = {}
for row, context in string.gmatch(traces, "(%d+):(%S+)") do
  traceContexts[tonumber(row)] = context
end
