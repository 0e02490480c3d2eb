/**
 * Commands that change something are recorded with their user; commands that only read
 * are not.
 *
 * @module
 */

import assert from "node:assert/strict";
import { hostname } from "node:os";
import { test } from "node:test";
import { rlTask } from "../../mod.ts";
import { withRelier } from "../support/relier.ts";
import { rl } from "../support/rl.ts";

const later = rlTask("later", (_: string) => {});

test(
  "actions of rl are recorded with their user, before they run",
  withRelier(async ({ url, prefix, rl: relier, queue }) => {
    const run = (...args: string[]) =>
      rl([...args, "--yes"], { url, prefix, env: { USER: "ada" } });
    const secret = await later.apush("a secret");
    for (
      const line of [
        ["status"],
        ["queues"],
        ["audit", "--fix", "--dry-run"],
        ["tasks", "cancel", secret.id, "--dry-run"],
      ]
    ) {
      assert.equal((await run(...line)).exit, 0, line.join(" "));
    }
    assert.deepEqual((await relier.actions()).actions, [], "they only looked");
    for (
      const line of [
        ["queues", "pause", "default", "--reason", "a secret"],
        ["queues", "limit", "default", "--depth", "5"],
        ["queues", "resume", "default"],
        ["tasks", "cancel", secret.id],
        ["tasks", "purge", "--state", "cancelled", "--queue", "default", "--older", "0s"],
      ]
    ) {
      const { exit, stderr } = await run(...line);
      assert.equal(exit, 0, `${line.join(" ")}: ${stderr}`);
    }
    const { actions } = await relier.actions();
    assert.deepEqual(actions.map(({ action, target }) => [action, target]).reverse(), [
      ["queue.pause", "default"],
      ["queue.limit", "default"],
      ["queue.resume", "default"],
      ["task.cancel", secret.id],
      ["task.discard", secret.id],
    ]);
    for (const { actor, surface } of actions) {
      assert.deepEqual([actor, surface], [`ada@${hostname()}`, "cli"]);
    }
    assert.equal((await queue.stats()).counts.ready, 0);
  }),
);

test(
  "an action on thousands does not push older actions out of the record",
  withRelier(async ({ url, prefix, rl: relier }) => {
    await later.apushMany(Array.from({ length: 60 }, () => ["x"] as [string]));
    const done = await rl(["tasks", "cancel", "--queue", "default", "--yes"], { url, prefix });
    assert.equal(done.exit, 0, done.stderr);
    const { actions } = await relier.actions({ limit: 200 });
    assert.equal(actions.length, 20);
    // Many run at once, and the last one sent need not be the last one recorded.
    const more = actions.filter(({ target }) => target.endsWith(", and more"));
    assert.equal(more.length, 1);
  }),
);
