/**
 * Steps and results that cannot be stored: the work is done, so it is never done again.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { rlTask, taskContext } from "../../../mod.ts";
import { type Lab, withRelier } from "../../support/relier.ts";

const quick = { attempts: 3, base: 1, max: 1 } as const;

class Receipt {
  id = "r-1";
  get total(): number {
    return 5;
  }
}

const circular: Record<string, unknown> = { id: 1 };
circular["self"] = circular;

class Price {
  readonly #cents = 120;
  toJSON(): string {
    return `${this.#cents} cents`;
  }
}

type Values = Readonly<Record<string, readonly [value: unknown, kept: unknown]>>;

/** Values that JSON writes whole, and that are read back as something else. */
const written: Values = {
  "a Date": [new Date(0), "1970-01-01T00:00:00.000Z"],
  "a Date in an object": [{ at: new Date(0) }, { at: "1970-01-01T00:00:00.000Z" }],
  "the fields of a class": [[new Receipt()], [{ id: "r-1" }]],
  "a value with toJSON()": [{ price: new Price() }, { price: "120 cents" }],
  "a URL": [new URL("https://a.example/b"), "https://a.example/b"],
};

/** Values that a handler or a step may return, and the part of each that is kept. */
const odd: Values = {
  "a BigInt": [5n, "5"],
  "a BigInt in a list": [[1, 5n], [1, "5"]],
  "a Map": [new Map([[1, 2]]), {}],
  "NaN": [{ n: NaN }, { n: null }],
  "a function in an object": [{ id: 1, fn: () => 1 }, { id: 1 }],
  "a function": [() => 1, undefined],
  "a symbol": [Symbol("s"), undefined],
  "an object that contains itself": [circular, undefined],
  "300 KB": ["x".repeat(300_000), undefined],
  "a getter that throws": [{
    get id() {
      throw new Error("no");
    },
  }, undefined],
};

/** The errors that the worker of `lab` reports. */
async function errorsOf(lab: Lab): Promise<string[]> {
  const errors: string[] = [];
  const worker = await lab.worker();
  worker.on("error", ({ error }) => errors.push((error as Error).message));
  return errors;
}

test(
  "a result that cannot be stored completes its task, which keeps what JSON can hold and says so",
  withRelier(async (lab) => {
    const errors = await errorsOf(lab);
    for (const [what, [value, kept]] of Object.entries(odd)) {
      let runs = 0;
      let succeeded: unknown;
      let buried = false;
      const task = rlTask("odd-result", {
        replace: true,
        retry: quick,
        onDead: () => void (buried = true),
        onSuccess: (_ctx, result) => void (succeeded = result),
      }, (): unknown => (runs++, value));
      const handle = await task.apush();
      if (kept === undefined) {
        const refusal = { code: "RL_RESULT_NOT_KEPT", message: /^Cannot read the result of task / };
        await assert.rejects(handle.result(), refusal, what);
      } else {
        assert.deepEqual(await handle.result(), kept, what);
      }
      assert.match((await handle.status()).resultNote!, /^Cannot store the result/, what);
      const { state, facts } = await lab.queue.inspect(handle.id);
      assert.deepEqual([state, runs, buried], ["completed", 1, false], what);
      assert.match(facts["unkept"]!, /^Cannot store the result of "odd-result"/, what);
      assert.equal(succeeded, value, what);
    }
    assert.equal(errors.length, Object.keys(odd).length);
  }),
);

test(
  "a result that JSON writes whole is kept as JSON writes it, and nothing is reported",
  withRelier(async (lab) => {
    const errors = await errorsOf(lab);
    for (const [what, [value, kept]] of Object.entries(written)) {
      const task = rlTask("written-result", { replace: true }, (): unknown => value);
      const handle = await task.apush();
      assert.deepEqual(await handle.result(), kept, what);
      assert.equal((await handle.status()).resultNote, undefined, what);
    }
    assert.deepEqual(errors, []);
  }),
);

test(
  "a task with strict results is dead if JSON cannot hold all of its result, and runs once",
  withRelier(async (lab) => {
    const errors = await errorsOf(lab);
    for (const [what, [value]] of Object.entries(odd)) {
      let runs = 0;
      const options = { replace: true, retry: quick, strictResult: true };
      const strict = rlTask("strict-result", options, (): unknown => (runs++, value));
      await assert.rejects(strict.call(), { code: "RL_TASK_FAILED", reason: "result" }, what);
      assert.equal(runs, 1, what);
    }
    for (const [what, [value, kept]] of Object.entries(written)) {
      const strict = rlTask("strict-result", { replace: true, strictResult: true }, () => value);
      assert.deepEqual(await strict.call(), kept, what);
    }
    assert.deepEqual(errors, []);
  }),
);

test(
  "a result that is plain JSON has no such mark",
  withRelier(async (lab) => {
    const errors = await errorsOf(lab);
    const plain = rlTask("plain-result", () => ({ id: 1, none: undefined }));
    const handle = await plain.apush();
    assert.deepEqual(await handle.result(), { id: 1 });
    assert.equal((await lab.queue.inspect(handle.id)).facts["unkept"], undefined);
    assert.deepEqual(errors, []);
  }),
);

test(
  "a step runs once over all attempts, whatever it returns",
  withRelier(async (lab) => {
    const errors = await errorsOf(lab);
    for (const [what, [value, kept]] of Object.entries({ ...odd, ...written })) {
      if (kept === undefined) continue;
      let effects = 0;
      const seen: unknown[] = [];
      const task = rlTask("odd-step", { replace: true, retry: quick }, async () => {
        const { step, attempt } = taskContext();
        seen.push(await step<unknown>("effect", () => (effects++, value)));
        if (attempt === 1) throw new Error("after it");
      });
      await task.call();
      assert.equal(effects, 1, what);
      assert.deepEqual(seen, [value, kept], what);
    }
    assert.ok(errors.length > 0);
    assert.ok(errors.every((message) => message.includes("odd-step, step effect")));
  }),
);

test(
  "a step whose result could not be kept is not run again: an attempt that comes back to it is the last",
  withRelier(async (lab) => {
    await errorsOf(lab);
    for (const [what, [value, kept]] of Object.entries(odd)) {
      if (kept !== undefined) continue;
      let effects = 0;
      let attempts = 0;
      const task = rlTask("unkept-step", { replace: true, retry: quick }, async () => {
        attempts++;
        const got = await taskContext().step<unknown>("effect", () => (effects++, value));
        assert.equal(got, value);
        throw new Error("after it");
      });
      const handle = await task.apush();
      await assert.rejects(handle.result(), { code: "RL_TASK_FAILED", reason: "step" }, what);
      assert.deepEqual([effects, attempts], [1, 2], what);
      const { error } = await lab.queue.inspect(handle.id);
      assert.match(error!.message, /"effect", which an earlier attempt ran: Cannot/, what);
    }
  }),
);

test(
  "a step that no longer fits is stored as done, and the task completes",
  withRelier(async (lab) => {
    const errors = await errorsOf(lab);
    const mailed: number[] = [];
    const mailing = rlTask("mailing", { retry: quick }, async (many: number) => {
      for (let i = 0; i < many; i++) {
        await taskContext().step(`mail-${i}`, () => (mailed.push(i), "x".repeat(100_000)));
      }
    });
    await mailing.call(5);
    assert.deepEqual(mailed, [0, 1, 2, 3, 4]);
    assert.equal(errors.length, 3);
  }),
);

test(
  "once there is no room for another step, its function is not called, and the task is dead at once",
  withRelier(async (lab) => {
    await errorsOf(lab);
    let calls = 0;
    let attempts = 0;
    const full = rlTask("full-steps", { retry: quick }, async () => {
      attempts++;
      const { step } = taskContext();
      await step("most", () => "x".repeat(261_500));
      await step("one more", () => calls++);
    });
    const handle = await full.apush();
    await assert.rejects(handle.result(), { code: "RL_TASK_FAILED", reason: "step" });
    assert.deepEqual([calls, attempts], [0, 1]);
  }),
);

test(
  "steps under way together leave room to store that each was done",
  withRelier(async (lab) => {
    await errorsOf(lab);
    let effects = 0;
    const together = rlTask("steps-together", { retry: quick }, async () => {
      const { step, attempt } = taskContext();
      const large = () => (effects++, "x".repeat(130_000));
      await Promise.all([1, 2, 3, 4].map((n) => step(`part-${n}`, large)));
      if (attempt === 1) throw new Error("after all");
    });
    await assert.rejects(together.call(), { reason: "step" });
    assert.equal(effects, 4);
  }),
);

test(
  "a name that has finished in this attempt is refused, so that no work in a loop is left out",
  withRelier(async ({ worker }) => {
    const sent: string[] = [];
    const mailing = rlTask("one-name", { retry: 1 }, async (people: string[]) => {
      for (const person of people) {
        await taskContext().step("send", () => sent.push(person));
      }
    });
    await worker();
    await assert.rejects(mailing.call(["ada", "bob"]), /Cannot run step "send" again.*"send-42"/);
    assert.deepEqual(sent, ["ada"]);
    await assert.rejects(
      rlTask("one-name-inline", async () => {
        await taskContext().step("send", () => 1);
        await taskContext().step("send", () => 2);
      })(),
      { name: "TypeError" },
    );
  }),
);

test(
  "calls of one name that are under way together share one run",
  withRelier(async ({ worker }) => {
    let runs = 0;
    const shared = rlTask("shared-step", async () => {
      const once = () => taskContext().step("load", async () => await Promise.resolve(++runs));
      return await Promise.all([once(), once()]);
    });
    await worker();
    assert.deepEqual(await shared.call(), [1, 1]);
  }),
);

test(
  "a name of a step that is too long is refused before its function is called",
  withRelier(async ({ worker }) => {
    let calls = 0;
    const long = rlTask("long-name", { retry: 1 }, async () => {
      await taskContext().step("n".repeat(201), () => calls++);
    });
    await worker();
    await assert.rejects(long.call(), /at most 200 characters/);
    assert.equal(calls, 0);
  }),
);

test(
  "a partial result that is not plain JSON is kept as far as JSON goes, and reported once",
  withRelier(async (lab) => {
    const errors = await errorsOf(lab);
    let seen: unknown;
    const resumed = rlTask("odd-partial", { retry: quick }, async () => {
      const ctx = taskContext<unknown>();
      seen = ctx.previous?.partialResult;
      ctx.partialResult = { at: new Date(0) };
      for (let i = 0; i < 3; i++) await ctx.heartbeat();
      if (ctx.attempt === 1) throw new Error("half way");
    });
    await resumed.call();
    assert.deepEqual(seen, { at: "1970-01-01T00:00:00.000Z" });
    assert.equal(errors.length, 2, "once for each attempt");
  }),
);
