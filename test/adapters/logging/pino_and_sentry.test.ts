/**
 * The wiring of pino and Sentry that the documentation shows: each gets the real error.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as Sentry from "@sentry/node";
import { pino } from "pino";
import { createWorker, rlTask } from "../../../mod.ts";
import { withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const decline = rlTask("pino-decline", { retry: 1 }, (card: string) => {
  throw new TypeError(`declined ${card.length}`);
});
const fine = rlTask("pino-fine", () => "fine");

/** A pino logger, and its lines. */
function keeping(level: string) {
  const lines: Record<string, any>[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
  return { lines, logger: pino({ level }, stream) };
}

test(
  "pino gets the fields, the message and the stack of the error, at its own level",
  withRelier(async ({ client }) => {
    const { lines, logger } = keeping("info");
    const rl = client({ logger });
    const worker = createWorker(rl, { handleSignals: false });
    await worker.start();
    assert.equal(await (await rl.apush(fine)).result(), "fine");
    await assert.rejects((await rl.apush(decline, "4000")).result());
    await worker.drain();
    assert.deepEqual(lines.map(({ event }) => event), ["working", "dead", "draining", "drained"]);
    const dead = lines[1]!;
    assert.equal(dead["level"], 50);
    assert.match(
      dead["msg"],
      /^pino-decline \S+ attempt 1\/1 failed after \d+ms, and the task is dead/,
    );
    assert.deepEqual([dead["task"], dead["queue"], dead["attempt"]], [
      "pino-decline",
      "default",
      1,
    ]);
    assert.deepEqual([dead["err"].type, dead["err"].message], ["TypeError", "declined 4"]);
    assert.match(dead["err"].stack, /pino_and_sentry\.test/);
  }),
);

test(
  "a child of pino at debug also gets the completed tasks",
  withRelier(async ({ client }) => {
    const { lines, logger } = keeping("debug");
    const rl = client();
    const worker = createWorker(rl, {
      handleSignals: false,
      logger: logger.child({ app: "shop" }),
    });
    await worker.start();
    assert.equal(await (await rl.apush(fine)).result(), "fine");
    await worker.drain();
    const completed = lines.find(({ event }) => event === "completed")!;
    assert.deepEqual([completed["level"], completed["app"], completed["task"]], [
      20,
      "shop",
      "pino-fine",
    ]);
  }),
);

test(
  "Sentry gets the error of a dead task, with its name and its attempt",
  withRelier(async ({ rl, worker }) => {
    const events: Sentry.ErrorEvent[] = [];
    Sentry.init({
      dsn: "https://key@127.0.0.1/1",
      defaultIntegrations: false,
      transport: () => ({ send: () => Promise.resolve({}), flush: () => Promise.resolve(true) }),
      beforeSend(event) {
        events.push(event);
        return null;
      },
    });
    try {
      (await worker()).on(
        "dead",
        ({ error, name, id, attempt }) =>
          Sentry.captureException(error, { tags: { task: name }, extra: { id, attempt } }),
      );
      const { id } = await rl.apush(decline, "4000");
      await assert.rejects(rl.handle(id).result());
      await until("Sentry has it", () => events.length > 0);
      const [{ exception, tags, extra }] = events as [Sentry.ErrorEvent];
      assert.deepEqual(
        [exception!.values!.at(-1)!.type, exception!.values!.at(-1)!.value],
        ["TypeError", "declined 4"],
      );
      assert.deepEqual([tags!["task"], extra!["id"], extra!["attempt"]], ["pino-decline", id, 1]);
    } finally {
      await Sentry.close();
    }
  }),
);
