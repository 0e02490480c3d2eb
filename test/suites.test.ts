/**
 * The list of tests left out of the matrix is complete, and names only existing tests.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { portSkips, queueSuite, skips } from "./support/suites.ts";
import { read, testsBelow, testsOf } from "./support/tree.ts";

test("every file of tests that are given a Redis runs in every cell", () => {
  const given = [...testsBelow("test/core"), ...testsOf("test/adapters")].filter((path) =>
    /import .*\bwithRelier\b/.test(read(path))
  );
  assert.ok(given.length > 30, "the mirror of core has tests that are given a Redis");
  assert.deepEqual(given.filter((path) => !queueSuite.includes(path)), []);
});

test("each cell leaves out exactly the listed tests", () => {
  const counts: Record<string, number> = {};
  for (const { cells } of skips) {
    for (const cell of cells) counts[cell] = (counts[cell] ?? 0) + 1;
  }
  for (const [adapter, titles] of Object.entries(portSkips)) {
    counts[`port on ${adapter}`] = Object.keys(titles).length;
  }
  assert.deepEqual(counts, {
    "node+cluster": 6,
    "node+memory": 16,
    "node+upstash": 25,
    "workerd+upstash": 41,
    "port on cluster": 12,
    "port on memory": 14,
    "port on upstash": 15,
  });
});

test("every test left out exists, and has a reason", () => {
  const suites = queueSuite.map(read).join("\n");
  const port = read("test/conformance/port.ts");
  for (const { test, reason } of skips) {
    assert.ok(suites.includes(`"${test}"`) || queueSuite.includes(test), test);
    assert.notEqual(reason, "");
  }
  for (const title of Object.values(portSkips).flatMap((titles) => Object.keys(titles))) {
    assert.ok(port.includes(`"${title}"`), title);
  }
});
