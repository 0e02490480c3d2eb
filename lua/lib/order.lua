-- The number that orders and dates a task: milliseconds since 2023-11-14 times 64, so that
-- 64 tasks of one millisecond keep their order. A score of `ready` adds the priority above
-- it, 0 to 100, higher first. Both fit the 53 bits a score keeps exact until the year 2058.
local epochBase, band = 1700000000000, 70368744177664
