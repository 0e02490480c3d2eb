/**
 * Confirmation before a change: the cases that ask, the accepted answers, and no change
 * without a yes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { command, type Group, group } from "../../cli/framework/command.ts";
import { rl, type RlOptions } from "../support/rl.ts";
import { until } from "../support/until.ts";

let done = 0;

const discard = command({
  summary: "Discard them",
  examples: [],
  args: { one: { type: "boolean" } },
  bulk: true,
  offline: true,
  async run({ args, confirm, out }) {
    const samples = ["a\u001b[2J", "b", "c", "d"];
    const act = args.one
      ? { verb: "cancel", count: 1, samples: ["a"] }
      : { verb: "discard", count: 1234, samples, queue: "emails", what: "dead task" };
    await confirm(act);
    done++;
    out.line("done");
  },
});
const tree: Group = group("", { discard: () => Promise.resolve(discard) });

async function call(line: string, options: RlOptions = {}) {
  done = 0;
  const words = line.split(" ").filter((word) => word !== "");
  return await rl(["discard", ...words, "--no-color"], { tree, ...options });
}

const tty = {};
const production = { RELIER_ENV: "production" };

test("it shows the effect and the number of tasks, and only yes is a yes", async () => {
  for (const stdin of ["y\n", "Y\n", "yes\nno\n", " yes \n"]) {
    const { exit, stderr, stdout } = await call("", { tty, stdin });
    assert.deepEqual([exit, stdout, done], [0, "done\n", 1]);
    assert.equal(
      stderr,
      'About to discard 1,234 dead tasks of queue "emails"\n' +
        "  a\n  b\n  c\n  … and 1,231 more\nGo on? (y/N) ",
    );
  }
  for (const stdin of ["n\n", "\n", "", "yeah\n", "yes please\n", "nyes\n", "emails\n"]) {
    const { exit, stderr, stdout } = await call("", { tty, stdin });
    assert.deepEqual([exit, stdout, done], [9, "", 0], JSON.stringify(stdin));
    assert.match(stderr, /Go on\? \(y\/N\) \n?Nothing was changed\.\n$/);
  }
  assert.match(
    (await call("--one", { tty, stdin: "y\n" })).stderr,
    /^About to cancel 1 task\n {2}a\nGo on/,
  );
});

test("without a user to ask it is refused, unless --yes", async () => {
  for (
    const [line, options] of [["", { stdin: "y\n" }], ["--no-input", {
      tty,
      stdin: "y\n",
    }]] as const
  ) {
    const { exit, stderr } = await call(line, options);
    assert.deepEqual([exit, done], [9, 0]);
    assert.match(stderr, /Cannot discard 1,234 dead tasks.*\nhint: {2}pass --yes, or --dry-run/);
  }
  for (const line of ["--yes", "-y", "--no-input -y"]) {
    assert.deepEqual([(await call(line)).exit, done], [0, 1]);
  }
});

test("--dry-run prints the effect, and does nothing", async () => {
  for (const line of ["--dry-run", "--dry-run --yes"]) {
    for (const env of [{}, production]) {
      const { exit, stdout } = await call(line, { env });
      assert.deepEqual([exit, done], [0, 0]);
      assert.match(stdout, /^would discard 1,234 dead tasks of queue "emails"\n {2}a\n {2}b\n/);
    }
  }
  const { stdout } = await call("--dry-run --json");
  const { dryRun, verb, count, queue } = JSON.parse(stdout);
  assert.deepEqual([dryRun, verb, count, queue, done], [true, "discard", 1234, "emails", 0]);
});

test("in production the name of the queue is typed, or given with --confirm", async () => {
  const env = production;
  const asked = await call("", { tty, env, stdin: "emails\n" });
  assert.match(asked.stderr, /This is production\. Type emails to go on: $/);
  assert.deepEqual([asked.exit, done], [0, 1]);
  for (const stdin of ["y\n", "yes\n", "email\n"]) {
    assert.deepEqual([(await call("", { tty, env, stdin })).exit, done], [9, 0]);
  }
  const yes = await call("--yes", { env });
  assert.deepEqual([yes.exit, done], [9, 0], "--yes is not enough");
  assert.match(yes.stderr, /this is production: pass --confirm emails/);
  const wrong = await call("--confirm invoices", { env });
  assert.deepEqual([wrong.exit, done], [9, 0]);
  assert.match(wrong.stderr, /--confirm "invoices" is not "emails"/);
  assert.deepEqual([(await call("--confirm emails", { env })).exit, done], [0, 1]);
  assert.deepEqual([(await call("--confirm all --one", { env })).exit, done], [0, 1]);
  assert.deepEqual([(await call("--yes --env production")).exit, done], [9, 0]);
});

test("Ctrl-C at the question is no yes", async () => {
  const never = new Promise<string>(() => {});
  const { exit } = await call("", {
    tty,
    stdin: never,
    started: async (send, said) => {
      await until("it asks", () => said().includes("Go on?"));
      send("SIGINT");
    },
  });
  assert.deepEqual([exit, done], [130, 0]);
});
