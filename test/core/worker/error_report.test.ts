/**
 * Errors that belong to no task: one cause is one event, and then a number.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { createErrorReport } from "../../../core/worker/error_report.ts";
import type { Emit } from "../../../core/worker/worker_events.ts";
import { RedisError, type WorkerEvents } from "../../../mod.ts";

test("fifty calls that a replica refuses are one error event, and a second one with their number", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const now = mock.method(performance, "now", () => 0);
  const at = (ms: number) => now.mock.mockImplementation(() => ms);
  const over = new AbortController();
  const events: WorkerEvents["error"][] = [];
  const said = () => events.map(({ error }) => error.message);
  try {
    const emit = ((name, event) => {
      assert.equal(name, "error");
      events.push(event as WorkerEvents["error"]);
    }) as Emit;
    const report = createErrorReport(emit, over.signal, { failed: () => assert.fail() });
    for (let i = 0; i <= 50; i++) {
      at(i * 100);
      const what = ["beat", "claim", "wait"][i % 3];
      report(
        new RedisError(`Cannot run "${what}": Redis answered READONLY`, "refused", "READONLY"),
      );
    }
    report(new Error("something else"));
    assert.deepEqual(said(), ['Cannot run "beat": Redis answered READONLY', "something else"]);
    over.abort();
    for (let i = 0; i < 10; i++) await Promise.resolve();
    assert.equal(said().at(-1), 'Cannot run "beat": Redis answered READONLY (50 more in 5 s)');
    assert.equal(events.length, 3);
  } finally {
    mock.reset();
    mock.timers.reset();
  }
});
