/**
 * Experiments on workers that run already. There is no ledger in them, so what
 * is compared is what Redis says before and after.
 *
 * @module
 */

import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { plural, shortId, workerName } from "../../core/console/mod.ts";
import { createRelier } from "../../mod.ts";
import type { Context } from "../framework/command.ts";
import { CliError } from "../framework/cli_error.ts";
import { redisAddress } from "../processes/find_redis.ts";
import { workersNamed } from "../commands/worker/find_workers.ts";
import { finalStates, type Orphan, untilAdopted } from "./recovery_check.ts";
import { type Common, seedOf, wishOf } from "./chaos/options.ts";
import { exitOf } from "./chaos/experiment.ts";
import { exportChaos, type Exporting } from "./chaos/telemetry_export.ts";
import { caught, type Prey, preyOf } from "./target_workers.ts";
import { createRandom, type Random } from "./random.ts";
import { createTimeline, headline, listed, type Report, spreadOf, tell } from "./chaos/report.ts";
import { sleep } from "./sleep_task.ts";

/** What is done, and to whom. */
export interface Assault {
  readonly name: string;
  readonly summary: string;
  readonly signal: "SIGKILL" | "SIGSTOP" | "SIGTERM";
  /** How often. `heir`: first one, then who took over; `all`: everybody at once. */
  readonly times: number | "heir" | "all";
  /** The name of a worker, or the beginning of its id. */
  readonly worker?: string | undefined;
}

const proves = "none lost, each running again within 35 s, and every queue sound";
/** How long what was pushed may take in the end. */
const endMs = 60_000;

/** Strikes workers that run already, and tells what came of it; resolves to the exit code. */
export async function assault(
  context: Context<any>,
  given: Common,
  what: Assault,
): Promise<number> {
  const exporting = await exportChaos(context, given);
  try {
    return await carryOut(context, given, what, exporting);
  } finally {
    await exporting.close();
  }
}

async function carryOut(
  context: Context<any>,
  given: Common,
  { name, summary, signal, times, worker }: Assault,
  exporting: Exporting,
): Promise<number> {
  const { relier, out, settings, signal: abort } = context;
  const began = performance.now();
  const seed = seedOf(given);
  const random = createRandom(seed);
  const redis = redisAddress(settings.url.value);
  const prey = await strikable(context, times === "all", worker);
  headline(
    out,
    name,
    summary,
    proves,
    `${plural(prey.length, "worker")} here, seed ${seed}, Redis at ${redis}`,
  );
  const timeline = createTimeline(out, given.watch ?? false);
  const pushed = await pushSleep(context, prey, wishOf(given).tasks ?? 20, random);
  timeline.say(
    "note",
    pushed.length > 0
      ? `${pushed.length} tasks chaos.sleep pushed (3 to 5 s)`
      : "no worker knows chaos.sleep: whatever task of yours runs is struck",
  );

  const faults: { afterMs: number; what: string }[] = [];
  const broken: string[] = [], tookMs: number[] = [];
  const struck = new Set<string>();
  let wish = worker;
  let problem: string | null = null;
  try {
    const rounds = times === "all" ? 1 : times === "heir" ? 2 : times;
    for (let round = 0; round < rounds; round++) {
      const victims = await caught(relier, random, { wish, all: times === "all" }, abort);
      const orphans: Orphan[] = [];
      for (const { fellow, held } of victims) {
        process.kill(fellow.info.process, signal);
        const at = performance.now();
        orphans.push(...held.map(({ id }) => ({ id, worker: fellow.id, at })));
        const what = `${signal} ${workerName(fellow)} (${fellow.info.process}) holding ` +
          listed(held.map(({ id }) => shortId(id)));
        faults.push({ afterMs: Math.round(at - began), what });
        timeline.say("fault", what);
        exporting.injected(name, what, held.length);
      }
      for (const { id } of orphans) struck.add(id);
      const after = await untilAdopted(relier, orphans, timeline, abort).finally(() => {
        if (signal !== "SIGSTOP") return;
        for (const { fellow } of victims) process.kill(fellow.info.process, "SIGCONT");
      });
      tookMs.push(...after.tookMs);
      broken.push(...after.missing);
      if (times === "heir") wish = after.heirs[0];
    }
  } catch (error) {
    abort.throwIfAborted();
    problem = (error as Error).message;
  }
  if (struck.size === 0) problem ??= "nobody who was struck held anything";

  const states = await finalStates(relier, pushed, endMs, abort);
  for (const [id, state] of states) {
    if (state !== "completed") broken.push(`lost: ${id}: it is ${state}`);
  }
  for (const queue of new Set(prey.flatMap((fellow) => fellow.queues))) {
    broken.push(...await soundness(context, queue));
  }
  const of = (state: string): number =>
    [...states.values()].filter((each) => each === state).length;
  const report: Report = {
    experiment: name,
    outcome: broken.length > 0 ? "broken" : problem === null ? "held" : "inconclusive",
    seed,
    redis,
    faults,
    tasks: {
      pushed: pushed.length,
      refused: 0,
      completed: of("completed"),
      dead: of("dead"),
      cancelled: of("cancelled"),
      lost: broken.filter((what) => what.startsWith("lost")).length,
      doubled: null,
    },
    struck: struck.size,
    runs: null,
    charged: null,
    resurrected: tookMs.length,
    handedOff: null,
    fenced: null,
    recoveryMs: spreadOf(tookMs.sort((a, b) => a - b)),
    broken,
    problem,
    seconds: Math.round((performance.now() - began) / 100) / 10,
  };
  tell(out, report, timeline);
  return exitOf([report]);
}

/** Who may be struck. @throws {CliError} 1, 2, 4 */
async function strikable(
  { relier }: Context<any>,
  all: boolean,
  worker: string | undefined,
): Promise<Prey> {
  const prey = await preyOf(relier);
  if (prey.length === 0) {
    throw new CliError(1, "Cannot find a worker to strike: none runs on this machine", {
      hint: 'start some with "rl cluster up", or pass --self-contained',
    });
  }
  const [meant] = worker === undefined ? [] : await workersNamed(relier, worker);
  if (meant && prey.every(({ id }) => id !== meant.id)) {
    throw new CliError(1, `Cannot strike ${workerName(meant)}: it does not run on this machine`, {
      hint: "run this where it runs, or leave --worker out",
    });
  }
  if (all && prey.some(({ info }) => info.supervisor === null)) {
    throw new CliError(1, "Cannot kill all workers: some have no supervisor that replaces them", {
      hint: 'start them with "rl worker start", or pass --self-contained',
    });
  }
  return prey;
}

/** Gives workers that know how to sleep something to do; resolves to the ids. */
async function pushSleep(
  { settings }: Context<any>,
  prey: Prey,
  count: number,
  random: Random,
): Promise<string[]> {
  const able = prey.find(({ info }) => info.tasks.some((task) => task.name === sleep.name));
  if (!able) return [];
  const { url, prefix } = settings;
  await using client = createRelier({ redis: url.value, prefix: prefix.value, tasks: [sleep] });
  void client;
  const rows = Array.from(
    { length: count },
    (): [string, number] => [`${Date.now()}-${random.integer(0, 1e9)}`, random.integer(3000, 5000)],
  );
  const handles = await sleep.apushMany(rows, { queue: able.queues[0]! });
  return handles.map(({ id }) => id);
}

/** The audit of a queue others work on: what is wrong twice, a second apart. */
async function soundness({ relier, signal }: Context<any>, queue: string): Promise<string[]> {
  const first = await relier.queue(queue).audit();
  if (first.length === 0) return [];
  await pause(1000, null, { signal });
  const second = new Set(await relier.queue(queue).audit());
  return first.filter((what) => second.has(what)).map((what) => `audit: ${queue}: ${what}`);
}
