/**
 * The page of options lists each option that the code accepts with its default, and no other.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { readPushOptions } from "../core/task/push_options.ts";
import { definitionOf } from "../core/task/task.ts";
import { readWorkerOptions } from "../core/worker/worker_options.ts";
import { createRelier, rlTask } from "../mod.ts";
import { read } from "./support/tree.ts";

/** The options that `use` accepts, as its error lists them for a name that resembles none. */
function acceptedBy(use: (unknown: Record<string, unknown>) => unknown): string[] {
  try {
    use({ ["?".repeat(20)]: 1 });
  } catch (error) {
    const [, list] = /allowed are (.+)$/.exec((error as Error).message) ?? [];
    if (list !== undefined) return list.split(", ").map((name) => JSON.parse(name));
  }
  return assert.fail("it accepts any option");
}

/** The rows of the table below a heading: defaults by option. */
function tableBelow(heading: string): Map<string, string> {
  const [, section] = read("docs/reference/options.md").split(`\n${heading}\n`);
  const [text] = section!.split(/\n#/);
  const rows = text!.matchAll(/^\| `(\w+)` +\| ([^|]+?) +\|/gm);
  return new Map([...rows].map(([, name, value]) => [name!, value!]));
}

const tables = [
  ["## createRelier()", acceptedBy((unknown) => createRelier(unknown))],
  ["## createWorker()", acceptedBy(readWorkerOptions)],
  ["## rlTask()", acceptedBy((unknown) => rlTask("options-page", unknown, () => {}))],
  ["### retry", acceptedBy((retry) => rlTask("options-page", { retry }, () => {}))],
  ["## A push", acceptedBy(readPushOptions)],
] as const;

for (const [heading, accepted] of tables) {
  test(`the page of options has each option of ${heading.replace(/#+ /, "")}, and no other`, () => {
    assert.deepEqual([...tableBelow(heading).keys()].sort(), [...accepted].sort());
  });
}

const code = (value: unknown): string => `\`${JSON.stringify(value)}\``;

function span(ms: number): string {
  if (ms >= 3_600_000) return `${ms / 3_600_000} h`;
  return ms >= 60_000 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}

test("the page of options has the defaults of the code", () => {
  const worker = readWorkerOptions({});
  const task = definitionOf(rlTask("options-page-defaults", () => {}));
  const defaults: readonly (readonly [heading: string, Record<string, string>])[] = [
    ["## createWorker()", {
      queues: code(worker.queues.map(({ name }) => name)),
      concurrency: code(worker.concurrency),
      drainTimeout: span(worker.drainMs),
      lease: span(worker.leaseMs),
      stallBudget: span(worker.stallMs),
      relief: code(worker.relief),
      modules: code(worker.modules),
      preload: code(worker.preload),
      phoenix: code(worker.phoenix),
      handleSignals: code(worker.handleSignals),
    }],
    ["## rlTask()", {
      queue: code(task.queue),
      priority: code(task.priority),
      version: code(task.version),
      idempotent: code(task.key !== "none"),
      idempotencyTtl: span(task.idempotencyTtlMs),
      ifDead: code(task.ifDead),
      keepPayload: code(task.keepPayload),
      strictResult: code(task.strictResult),
      resultTtl: span(task.resultTtlMs),
    }],
    ["### retry", {
      attempts: code(task.retry.attempts),
      backoff: code(task.retry.backoff),
      base: span(task.retry.base),
      max: span(task.retry.max),
      jitter: code(task.retry.jitter),
    }],
  ];
  for (const [heading, wanted] of defaults) {
    const table = tableBelow(heading);
    const written = Object.keys(wanted).map((name) => [name, table.get(name)]);
    assert.deepEqual(Object.fromEntries(written), wanted, heading);
  }
});
