/**
 * The tasks of the tests that kill processes. Each logs its start and its end. None
 * reacts to its signal, because only the engine is under test.
 *
 * @module
 */

import process from "node:process";
import { RelierError, rlTask, type Task, type TaskContext, taskContext } from "../../mod.ts";
import { effect, note } from "./effect_log.ts";

/** The result of a run: its identity. */
export interface RunIdentity {
  readonly key: string;
  readonly worker: string;
  readonly fence: number;
}

const releases = new Map<string, (() => void)[]>();
const released = new Set<string>();

/** Ends the runs of `key` in this process, present and future ones. */
export function release(key: string): void {
  released.add(key);
  for (const go of releases.get(key) ?? []) go();
  releases.delete(key);
}

/** Waits, and reacts only to `release`. */
function rest(key: string, ms: number): Promise<void> {
  if (released.has(key)) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const go = () => {
      clearTimeout(timer);
      resolve();
    };
    releases.set(key, [...releases.get(key) ?? [], go]);
  });
}

function begin(key: string): { ctx: TaskContext; identity: RunIdentity } {
  const ctx = taskContext();
  const identity = { key, worker: ctx.workerId, fence: ctx.fence };
  note("start", { ...identity, id: ctx.id });
  return { ctx, identity };
}

async function wait(key: string, ms: number): Promise<RunIdentity> {
  const { ctx, identity } = begin(key);
  await rest(key, ms);
  note("end", { ...identity, id: ctx.id });
  return identity;
}

/** Takes `ms`, unless it is released before. */
export const hold: Task<"hold", [key: string, ms: number], RunIdentity> = rlTask("hold", {
  resultTtl: "10m",
}, wait);

/** The task `hold`, deduplicated by payload. */
export const ask: Task<"ask", [key: string, ms: number], RunIdentity> = rlTask("ask", {
  idempotent: true,
}, wait);

/** The task `hold`, deduplicated by a key of the caller. */
export const book: Task<"book", [key: string, ms: number], RunIdentity> = rlTask("book", {
  idempotent: (key) => key,
}, wait);

/** Takes `ms`, then has an effect that must happen once. */
export const order: Task<"order", [key: string, ms: number], RunIdentity> = rlTask("order", {
  idempotent: true,
  resultTtl: "10m",
}, async (key: string, ms: number) => {
  const { ctx, identity } = begin(key);
  await rest(key, ms);
  effect(ctx.idempotencyKey, key);
  note("end", { ...identity, id: ctx.id });
  return identity;
});

/** Blocks the event loop for `ms`, from its first statement on. */
export const spin: Task<"spin", [key: string, ms: number], RunIdentity> = rlTask("spin", {
  resultTtl: "10m",
}, (key: string, ms: number) => {
  const until = performance.now() + ms;
  const { ctx, identity } = begin(key);
  while (performance.now() < until);
  note("end", { ...identity, id: ctx.id });
  return identity;
});

/** Ends its process. */
export const poison: Task<"poison", [key: string], RunIdentity> = rlTask(
  "poison",
  async (key: string) => {
    const { identity } = begin(key);
    process.kill(process.pid, "SIGKILL");
    await rest(key, 60_000);
    return identity;
  },
);

/** Fails every time. */
export const fail: Task<"fail", [key: string], RunIdentity> = rlTask("fail", {
  retry: { attempts: 3, base: 100, max: 100 },
}, (key: string) => {
  begin(key);
  throw new Error(`"${key}" never works`);
});

/** The task that `sleepwalk` pushes. */
const child: Task = rlTask("child", wait);

const tickMs = 20;
const asleepMs = 700;

/** Resolves to true once the process was stopped for a while, to false when `key` is released. */
function stoppedOr(key: string): Promise<boolean> {
  return new Promise((resolve) => {
    let last = Date.now();
    const timer = setInterval(() => {
      const before = last;
      last = Date.now();
      if (last - before > asleepMs) end(true);
    }, tickMs);
    const end = (asleep: boolean) => {
      clearInterval(timer);
      resolve(asleep);
    };
    void rest(key, 60_000).then(() => end(false));
  });
}

/**
 * Continues after its process was stopped. `returning` returns at once; otherwise it
 * first tries every write of a run. It sends them before the process can learn that
 * another worker holds the task.
 */
export const sleepwalk: Task<"sleepwalk", [key: string, returning: boolean], RunIdentity> = rlTask(
  "sleepwalk",
  { resultTtl: "10m" },
  async (key: string, returning: boolean) => {
    const { ctx, identity } = begin(key);
    ctx.progress(7);
    ctx.partialResult = identity.worker;
    await ctx.step(`by ${identity.worker}`, () => identity.worker);
    await ctx.heartbeat();
    note("settled in", { ...identity, id: ctx.id });
    if (!await stoppedOr(key)) return identity;
    note("awake", { ...identity, id: ctx.id });
    if (returning) return identity;
    ctx.progress(99, "sleepwalking");
    ctx.partialResult = "sleepwalking";
    const tries = {
      heartbeat: ctx.heartbeat(),
      step: ctx.step("asleep", () => "sleepwalking"),
      push: child.with({ queue: ctx.queue }).apush("of a sleepwalker", 1),
      // In another slot the push cannot check the parent, so that check runs just before.
      pushFar: child.with({ queue: `${ctx.queue}-far` }).apush("of a sleepwalker", 1),
    };
    for (const [name, attempt] of Object.entries(tries)) {
      const text = await attempt.then(
        () => "done",
        (error) => error instanceof RelierError ? error.code : String(error),
      );
      note(name, { ...identity, text });
    }
    return identity;
  },
);
