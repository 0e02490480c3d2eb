/**
 * Repeated output: on a terminal, in a pipe, for programs, and while Redis is
 * unreachable.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { command, type Group, group } from "../../cli/framework/command.ts";
import { startRedis } from "../support/redis.ts";
import { rl, type RlOptions } from "../support/rl.ts";
import { until } from "../support/until.ts";

let round = 0;

const args = { lines: { type: "string", default: "1" }, fail: { type: "string" } } as const;
const count = command({
  summary: "Count",
  examples: [],
  args,
  watch: true,
  offline: true,
  run({ args, out }) {
    round++;
    if (Number(args.fail) <= round) throw new Error(`round ${round} failed at redis://u:pw@h`);
    out.record({ round }, () => {
      out.line(...Array.from({ length: Number(args.lines) }, (_, i) => `${round}.${i}`));
      out.note("talk");
    });
    return Promise.resolve();
  },
});
const depth = command({
  summary: "The depth of a queue",
  examples: [],
  args: {},
  watch: true,
  async run({ relier, out }) {
    const { counts } = await relier.queue("default").stats();
    out.record(counts, () => out.line(`waiting ${counts.ready}`));
  },
});
const tree: Group = group("", {
  count: () => Promise.resolve(count),
  depth: () => Promise.resolve(depth),
});

/** Watches until the output is `enough`, then presses Ctrl-C. */
async function watched(line: string, enough: (said: string) => boolean, options: RlOptions = {}) {
  round = 0;
  let waiting: Promise<void> = Promise.resolve();
  const result = await rl(line.split(" "), {
    tree,
    ...options,
    started: (send, said) => {
      waiting = until("enough was said", () => enough(said()), 10_000).finally(() =>
        send("SIGINT")
      );
    },
  });
  await waiting;
  return result;
}

test("on a terminal the picture is painted over the one before, and the cursor comes back", async () => {
  const { exit, stdout } = await watched(
    "count -w --refresh 100ms --lines 2",
    (said) => said.includes("3.1"),
    { tty: {} },
  );
  assert.equal(exit, 0);
  // The escape sequences become readable.
  const shown = stdout.replaceAll("\u001b", "ESC");
  const frames = shown.split("ESC[?2026h").slice(1);
  assert.ok(frames.length >= 3);
  assert.match(shown, /^ESC\[\?25l/, "the cursor is hidden");
  assert.match(shown, /ESC\[\?25h$/, "and shown at the end");
  assert.doesNotMatch(frames[0]!, /ESC\[\d*F/);
  for (const frame of frames.slice(1)) {
    assert.match(frame, /^ESC\[4F/, "back to the first of four lines");
    assert.match(frame, /\d\.0ESC\[K\n\d\.1ESC\[K\ntalkESC\[K\nESC\[JESC\[\?2026l/);
  }
});

test("a picture is no higher and no wider than the terminal", async () => {
  const { stdout } = await watched(
    "count -w --refresh 100ms --lines 50 --no-color",
    (said) => said.includes("2.0"),
    {
      tty: { rows: 10, columns: 12 },
    },
  );
  const frame = stdout.split("\u001b[?2026h")[1]!;
  const lines = frame.replaceAll("\u001b[K", "").split("\u001b[J")[0]!.trimEnd().split("\n");
  assert.equal(lines.length, 9);
  for (const line of lines) assert.ok(line.length <= 12, line);
  assert.match(lines.at(-1)!, /^… 44 more/);
});

test("in a pipe it is printed again with the time, and no escape sequence", async () => {
  const { exit, stdout, stderr } = await watched(
    "count --watch --refresh 100ms",
    (said) => said.includes("\n3.0\n"),
  );
  assert.equal(exit, 0);
  assert.match(stdout, /^20\d\d-.*Z\n1\.0\n20\d\d-.*Z\n2\.0\n20\d\d-.*Z\n3\.0\n/);
  assert.match(stderr, /^talk\ntalk\ntalk\n/);
});

test("programs get a line of JSON each time", async () => {
  const { lines } = await watched("count -w --refresh 100ms --json", (said) => said.includes("3"));
  assert.deepEqual(lines().slice(0, 3), [{ round: 1 }, { round: 2 }, { round: 3 }]);
});

test("the interval is bounded, and only commands that support it can be watched", async () => {
  for (const refresh of ["50ms", "2h", "soon", "-1s"]) {
    const { exit, stderr } = await rl(["count", "-w", "--refresh", refresh], { tree });
    assert.equal(exit, 2);
    assert.match(stderr, /--refresh/);
  }
  assert.equal((await rl(["count", "--watch=5s"], { tree })).exit, 2);
});

test("a failure at the start is an error; a later one is printed, and retried", async () => {
  round = 0;
  const first = await rl(["count", "-w", "--fail", "1"], { tree });
  assert.equal(first.exit, 1);
  assert.match(first.stderr, /round 1 failed/);
  const tty = await watched(
    "count -w --refresh 100ms --fail 2",
    (said) => said.includes("round 4 failed"),
    { tty: {} },
  );
  assert.equal(tty.exit, 0);
  assert.match(tty.stdout, /round 4 failed at redis:\/\/\*\*\*@h/);
  assert.match(tty.stdout.split("round 4")[1]!, /1\.0/, "what was seen last stays");
  const json = await watched(
    "count -w --refresh 100ms --fail 2 --json",
    (said) => said.includes("round 3 failed"),
  );
  assert.equal(JSON.parse(json.stderr.split("\n")[0]!).exit, 1);
});

test("watching waits for a Redis that becomes unreachable", async () => {
  const server = await startRedis();
  const phases = ["waiting 0", "Cannot reach Redis", "waiting 0"];
  let phase = 0;
  let from = 0;
  let busy: Promise<void> = Promise.resolve();
  const { exit, stderr } = await watched("depth -w --refresh 100ms", (said) => {
    const at = said.indexOf(phases[phase]!, from);
    if (at < 0) return false;
    from = said.length;
    phase++;
    if (phase === 1) busy = server.kill();
    if (phase === 2) busy = busy.then(() => server.restart());
    return phase === 3;
  }, { url: server.url });
  await busy;
  await server.kill();
  assert.equal(exit, 0);
  assert.match(stderr, /Cannot reach Redis at redis:\/\/127\.0\.0\.1:\d+ \(RELIER_REDIS_URL\)/);
});
