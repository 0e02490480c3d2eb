/**
 * A lock whose renewals are not answered: its holder learns that it may be lost before another
 * caller can have it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { idempotencyLock } from "../../mod.ts";
import { withRelier } from "../support/relier.ts";
import { bounded } from "../support/until.ts";

test(
  "the signal of a lock aborts no later than another caller gets the lock, though a renewal hangs",
  withRelier(async ({ client, port, rl }) => {
    const own = port();
    let silent = false;
    const cutOff = client({
      redis: {
        ...own,
        run: (...call) => silent ? new Promise(() => {}) : own.run(...call),
      },
    });
    const held = await idempotencyLock(cutOff, { key: "k" });
    silent = true;
    let abortedAt = Infinity;
    const aborted = new Promise<void>((resolve) =>
      held.signal.addEventListener("abort", () => {
        abortedAt = performance.now();
        resolve();
      })
    );
    await using _next = await idempotencyLock(rl, { key: "k", wait: "14s" });
    const lockedAt = performance.now();
    await bounded("the signal", aborted, 1000);
    assert.ok(abortedAt <= lockedAt + 50, `${Math.round(abortedAt - lockedAt)} ms later`);
    silent = false;
  }),
);
