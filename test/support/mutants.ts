/**
 * Mutants of the project, each with one part removed, and the experiments that have to
 * notice.
 *
 * @module
 */

import type { Edit } from "./mutant.ts";

/** A project with one part removed. */
export interface Mutant {
  /** The missing part. */
  readonly without: string;
  readonly edits: readonly Edit[];
  /** The experiments that have to fail, each with its options. */
  readonly noticedBy: readonly string[];
  /** The message of one of the broken promises. */
  readonly saying: RegExp;
}

const noNonce: readonly Edit[] = [
  ["lua/lib/settle.lua", "if record.nonce == row.nonce and settles", "if settles"],
  ["lua/lib/held.lua", ' and record.state == "running" and record.nonce == nonce', ""],
];
const noDedupe: readonly Edit[] = [
  ["core/producer/prepared_push.ts", 'derivedLocal("key", name, key)', "randomLocal()"],
];
const noSweep: readonly Edit[] = [
  [
    "core/recovery/phoenix.ts",
    "while (!signal.aborted) {",
    "while (false) {",
  ],
];
const noHandOff: readonly Edit[] = [
  [
    "core/worker/drain.ts",
    "for (const attempt of slots.attempts()) attempt.handOff(error);",
    "void error;",
  ],
];
const byDate =
  "leaseMs: leaseMs + Date.now() - Math.round(performance.timeOrigin + performance.now())";

/** The mutants. */
export const mutants: readonly Mutant[] = [
  {
    without: "the check of the nonce",
    edits: noNonce,
    noticedBy: ["worker-freeze", "network-partition"],
    // A worker that lost its tasks may also renew the leases of others, for ever.
    saying: /its result is that of a run before its last|was not fenced|it is still running/,
  },
  {
    without: "one id for equal keys",
    edits: noDedupe,
    noticedBy: ["duplicate-push"],
    saying: /its effect came about \d+ times/,
  },
  {
    without: "the sweep",
    edits: noSweep,
    noticedBy: ["worker-kill", "fleet-kill", "many-queues", "oom"],
    saying: /lost: \w+: it is still running/,
  },
  {
    without: "the hand-off of a drain",
    edits: noHandOff,
    noticedBy: ["drain-overrun"],
    saying: /left after|charged/,
  },
  {
    without: "a hand-off that is free",
    edits: [[
      "lua/moves/handoff.lua",
      "close(record, row.text)",
      "close(record, row.text)\n  record.crashes = (record.crashes or 0) + 1",
    ]],
    noticedBy: ["deploy"],
    saying: /charged/,
  },
  {
    without: "the join of a push to what is there",
    edits: [[
      "lua/scripts/client/push.lua",
      "elseif seen[row.id] or record and not isOver(row.id, record) and not (died and died == death) then",
      "elseif false then",
    ]],
    noticedBy: ["duplicate-push"],
    saying: /was created \d+ times/,
  },
  {
    without: "the charge for a death",
    edits: [["lua/moves/revive.lua", "record.crashes = (record.crashes or 0) + 1", ""]],
    noticedBy: ["double-kill", "poison-pill"],
    saying: /not 2|still|killed \d+ workers/,
  },
  {
    without: "an end of the wait for an empty worker",
    edits: [["lua/lib/lane.lua", "waitedMs >= laneMs or kept", "kept"]],
    noticedBy: ["lane"],
    saying: /the queue stood still/,
  },
  {
    without: "a verdict at the hard timeout",
    edits: [[
      "core/execution/decided_attempt.ts",
      "this.stopHandler(error);\n      this.fail(error);",
      "this.stopHandler(error);",
    ]],
    noticedBy: ["slow-task"],
    saying: /they waited for the slots/,
  },
  {
    without: "migrations",
    edits: [[
      "core/task/payload_migration.ts",
      "from < definition.version; from++",
      "from < 0; from++",
    ]],
    noticedBy: ["schema-skew"],
    saying: /v1-\d+: it is dead/,
  },
  {
    without: "patience with newer payloads",
    edits: [[
      "core/execution/start_attempt.ts",
      "if (taskVersion > definition.version) {",
      "if (false) {",
    ]],
    noticedBy: ["schema-skew"],
    saying: /v3-\d+: it is dead/,
  },
  {
    without: "limits",
    edits: [
      ["lua/lib/admission.lua", "return waiting + cost > bounds.depth", "return false"],
      ["lua/lib/admission.lua", "if wait > 0 then", "if false then"],
    ],
    noticedBy: ["load-spike"],
    saying: /at most \d+ allowed/,
  },
  {
    without: "the bytes of what is dead",
    edits: [[
      "lua/moves/bury.lua",
      'return move(row.id, "bury", now)',
      'forget("task", row.id)\n  return move(row.id, "bury", now)',
    ]],
    noticedBy: ["task-corrupt"],
    saying: /its bytes were not kept/,
  },
  {
    without: "the clock of Redis for a lease",
    edits: [["core/worker/exchange.ts", "\n    leaseMs,\n", `\n    ${byDate},\n`]],
    noticedBy: ["clock-skew"],
    saying: /took \d+ runs|charged/,
  },
  {
    without: "the grace for what Redis itself has missed",
    edits: [["lua/lib/grace.lua", "local away = now - seenAt > leaseMs / 2", "local away = false"]],
    noticedBy: ["redis-pause", "clock-step"],
    saying: /charged/,
  },
  {
    without: "doubt in a lease that ends too late",
    edits: [["lua/lib/clock_set_back.lua", 'enter("running", furthest, id)', ""]],
    noticedBy: ["clock-step"],
    saying: /the stopped worker was not noticed/,
  },
  {
    without: "the promise of a cancellation",
    edits: [["lua/moves/revive.lua", "if record.cancel then", "if false then"]],
    noticedBy: ["cancel-storm"],
    saying: /was claimed after its cancellation was accepted/,
  },
  {
    without: "leases that a beat renews",
    edits: [[
      "lua/scripts/worker/heartbeat.lua",
      '"beat", now + leaseMs',
      '"beat", records[row.id].since + leaseMs',
    ]],
    noticedBy: ["redis-slow"],
    saying: /charged/,
  },
  {
    without: "an ear for the Sentinels",
    edits: [[
      "adapters/redis/ioredis_connection.ts",
      "isBehindSentinel(client) ? watchSentinels(client, timeoutMs) : undefined",
      "undefined",
    ]],
    noticedBy: ["sentinel-failover"],
    saying: /Redis knows nothing of it|it was completed twice/,
  },
  {
    without: "the file of Redis",
    edits: [["cli/lab/lab_redis.ts", "aof: true", "aof: false"]],
    noticedBy: ["redis-restart"],
    saying: /Redis knows nothing of it/,
  },
];
