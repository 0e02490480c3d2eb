/**
 * Log lines: one line each, as text and as JSON, without passwords and whatever an error holds.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { eventLine } from "../../../core/log/event_line.ts";
import { errorText, jsonLine, textLine } from "../../../core/log/log_line.ts";
import { logTo } from "../../../core/log/log_to.ts";
import { lossEvent } from "../../../core/log/loss_event.ts";
import { createRelier, createWorker, type Logger } from "../../../mod.ts";
import { overheard } from "../../support/console.ts";

const time = new Date(2026, 0, 2, 3, 4, 5, 6);
const id = "default~0~4kJ2nq8Zr1XyTfWbVc3dQe";
const attempt = { id, name: "charge-card", queue: "default", attempt: 2, attempts: 4 };

test("a line for people has the time, the level and the sentence", () => {
  const line = { time, level: "warn", message: "it failed", fields: { id } } as const;
  assert.equal(textLine(line, false), "03:04:05.006 WARN  it failed");
  assert.equal(textLine(line, true), "03:04:05.006 \u001b[33mWARN \u001b[39m it failed");
  const own = { ...line, fields: { attributes: { amount: 3 } } };
  assert.equal(textLine(own, false), '03:04:05.006 WARN  it failed {"amount":3}');
});

test("a line for programs is JSON, with the name, the message and the stack of its error", () => {
  const fields = { id, error: new TypeError("no list"), big: 7n };
  const line = JSON.parse(jsonLine({ time, level: "error", message: "m", fields }));
  assert.deepEqual([line.time, line.level, line.msg, line.id], [
    time.toISOString(),
    "error",
    "m",
    id,
  ]);
  assert.deepEqual([line.error.name, line.error.message, line.big], ["TypeError", "no list", "7"]);
  assert.match(line.error.stack, /^TypeError: no list\n/);
});

test("a line holds no password of a URL, no second line, and no more of an error than a bound", () => {
  const error = new Error("redis://user:s3cret@host:1 is away\nand so on " + "x".repeat(2_000));
  const text = errorText(error);
  assert.match(text, /^redis:\/\/\*\*\*@host:1 is away and so on x/);
  assert.ok(text.length <= 300);
  const line = jsonLine({ time, level: "error", message: text, fields: { error } });
  assert.ok(!line.includes("s3cret") && !line.includes("\n"));
});

test("an error that shows its request as JSON is logged as an error", () => {
  const error = Object.assign(new Error("402"), { toJSON: () => ({ headers: "Bearer s3cret" }) });
  assert.ok(
    !jsonLine({ time, level: "error", message: "m", fields: { error } }).includes("s3cret"),
  );
});

test("attributes that contain themselves cost a line only its fields", () => {
  const loop: Record<string, unknown> = {};
  loop["self"] = loop;
  const line = JSON.parse(
    jsonLine({ time, level: "info", message: "m", fields: { attributes: loop } }),
  );
  assert.deepEqual([line.msg, line.attributes], ["m", "not JSON"]);
});

test("the lines of a failed, a dead and a resurrected task say all an operator needs", () => {
  const error = new TypeError("card_declined");
  assert.equal(
    eventLine("failed", { ...attempt, durationMs: 142, reason: "failed", error, retryMs: 1900 }),
    "charge-card 4kJ2nq8Zr1 attempt 2/4 failed after 142ms: TypeError: card_declined; retry in 1.9s",
  );
  assert.equal(
    eventLine("dead", { ...attempt, attempt: 4, durationMs: 9, reason: "attempts", error }),
    "charge-card 4kJ2nq8Zr1 attempt 4/4 failed after 9ms, and the task is dead (no attempts left): " +
      "TypeError: card_declined",
  );
  const task = {
    id,
    name: "sync-crm",
    worker: "wVd7Lgu4xwDoHPNYdSX2rhg",
    cause: "SIGKILL",
    deaths: 1,
    allowed: 3,
    failures: 0,
  };
  const lines = (["scheduled", "quarantined", "dead"] as const).map((state) => {
    const [name, event] = lossEvent({ ...task, state, reason: "crashes" }, 3);
    return eventLine(name, event as never);
  });
  assert.deepEqual(lines, [
    "sync-crm 4kJ2nq8Zr1 resurrected: worker wVd7Lgu4xw ended by SIGKILL (death 1 of 3 allowed); it runs again",
    "sync-crm 4kJ2nq8Zr1 quarantined: worker wVd7Lgu4xw ended by SIGKILL (death 1 of 3 allowed); it runs again, " +
    "alone",
    "sync-crm 4kJ2nq8Zr1 is dead: it crashed 1 worker, 3 allowed; the last one ended by SIGKILL",
  ]);
});

test("a logger that is none, and a level that is none, are refused and named", () => {
  for (const logger of [true, "pino", {}, { info() {}, warn() {} }, null]) {
    assert.throws(() => createRelier({ logger: logger as never }), /option "logger"/);
    const rl = createRelier({ logger: false });
    assert.throws(() => createWorker(rl, { logger: logger as never }), /option "logger"/);
  }
  const before = process.env["RELIER_LOG_LEVEL"];
  process.env["RELIER_LOG_LEVEL"] = "loud";
  try {
    assert.throws(
      () => createRelier({}),
      /"RELIER_LOG_LEVEL": it must be one of .*current value is "loud"/,
    );
  } finally {
    if (before === undefined) delete process.env["RELIER_LOG_LEVEL"];
    else process.env["RELIER_LOG_LEVEL"] = before;
  }
});

test("a logger that throws costs a line on the console, and nothing else", async () => {
  const fail = () => {
    throw new Error("disk full");
  };
  const lines = await overheard(async () => {
    await Promise.resolve();
    logTo({ info: fail, warn: fail, error: fail } satisfies Logger).write("warn", "m", {});
  });
  assert.deepEqual(lines, ["[relier] the logger threw: disk full"]);
});

test("without a logger the console gets JSON, and with the console itself text", async () => {
  const lines = await overheard(async () => {
    await Promise.resolve();
    logTo(undefined).write("warn", "m", { id });
    logTo(console).write("warn", "m", { id });
    logTo(undefined).write("debug", "m", { id });
    logTo(false).write("error", "m", { id });
  });
  assert.equal(lines.length, 2);
  assert.equal(JSON.parse(lines[0]!).id, id);
  assert.match(lines[1]!, /^\d\d:\d\d:\d\d\.\d{3} WARN {2}m$/);
});
