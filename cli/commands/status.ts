/**
 * `rl status`: shows Redis, queues and workers at a glance, and their problems.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import {
  isAlive,
  plural,
  type Problem,
  queueProblems,
  type QueueReading,
  queueWarnings,
  readQueues,
  recoveredLately,
  serverProblems,
} from "../../core/console/mod.ts";
import type { Relier, WorkerEntry } from "../../mod.ts";
import { type Command, command, type Context } from "../framework/command.ts";
import { redact } from "../framework/redact.ts";
import { wrap } from "../terminal/text.ts";
import { queueColumns } from "./queues/columns.ts";
import { queuesOf } from "./queues/queue_names.ts";

const args = {
  check: {
    type: "boolean",
    description: "Exit with 7 if a line begins with ✖; takes two readings, a second apart",
  },
} as const;

/** Time between the two readings of a check: a death between them is a problem. */
const apartMs = 1000;

const status: Command<typeof args> = command({
  summary: "Show Redis, queues and workers at a glance",
  details:
    "Lists problems below the table. ✖ needs someone now: tasks without a worker or that no " +
    "worker knows, a backlog, tasks that died in the last ten minutes, an expired lease without a " +
    "sweep, a paused or closed queue, a Redis that deletes keys. ! may wait: older dead tasks, " +
    "quarantined tasks, workers that crashed within the hour.",
  examples: ["rl status", "rl status --watch", "rl status --check --json"],
  args,
  watch: true,
  async run(context) {
    const { args, out, relier, settings, signal } = context;
    const names = await queuesOf(relier);
    let queues = await readQueues(relier, names);
    if (args.check && queues.some(({ pace }) => pace === null)) {
      await pause(apartMs, undefined, { signal });
      queues = await readQueues(relier, names);
    }
    const [server, fleets] = await Promise.all([relier.server(), workersOf(relier, queues)]);
    const alive = fleets.map((fleet) => fleet.filter((worker) => isAlive(worker, Date.now())));
    const warnings = await Promise.all(
      queues.map((queue, i) => queueWarnings(relier, queue, fleets[i]!)),
    );
    const problems = [
      ...serverProblems(server),
      ...queues.flatMap((queue, i) => queueProblems(queue, alive[i]!.length)),
      ...warnings.flat(),
      ...recoveredLately(queues),
    ].sort((a, b) => Number(a.level === "warning") - Number(b.level === "warning"));
    const healthy = problems.every(({ level }) => level === "warning");
    const workers = new Set(alive.flat().map(({ id }) => id)).size;
    const redis = {
      url: redact(settings.url.value),
      prefix: settings.prefix.value,
      version: server["redis_version"] ?? "",
      ...persistence(server),
      policy: server["maxmemory_policy"] ?? "",
      memory: server["used_memory_human"] ?? "",
    };
    out.record({ healthy, problems, redis, workers, queues }, () => {
      print(context, redis, queues, problems, workers);
    });
    return args.check && !healthy ? 7 : 0;
  },
});

export default status;

/** The workers of each queue. */
async function workersOf(
  relier: Relier,
  queues: readonly QueueReading[],
): Promise<WorkerEntry[][]> {
  return await Promise.all(
    queues.map(({ name, stats }) => stats.workers.length > 0 ? relier.queue(name).workers() : []),
  );
}

interface Redis {
  readonly url: string;
  readonly prefix: string;
  readonly version: string;
  readonly aof: boolean;
  readonly lastSave: string;
  readonly policy: string;
  readonly memory: string;
}

/** Persistence of Redis: the data that survives a crash. */
function persistence(server: Readonly<Record<string, string>>): Pick<Redis, "aof" | "lastSave"> {
  const saved = Number(server["rdb_last_save_time"] ?? 0);
  return {
    aof: server["aof_enabled"] === "1",
    lastSave: saved > 0 ? new Date(saved * 1000).toISOString() : "",
  };
}

function print(
  { out }: Pick<Context, "out">,
  redis: Redis,
  queues: readonly QueueReading[],
  problems: readonly Problem[],
  workers: number,
): void {
  const { bold, dim, green, red, yellow } = out.style;
  const kept = redis.aof ? "append-only file" : yellow("no append-only file");
  const about = [redis.version, kept, redis.policy, redis.memory].filter(Boolean).join(dim(" · "));
  out.line(
    `${bold("redis")}  ${redis.url}  ${dim(`prefix ${redis.prefix}`)}`,
    `       ${about}`,
    "",
  );
  if (queues.length === 0) out.line(dim("no queue yet: push a task"));
  else out.table(queues, queueColumns(out, queues));
  out.line("");
  if (problems.length === 0) {
    return out.line(
      `${green("✓")} no problems: ${plural(queues.length, "queue")}, ${plural(workers, "worker")}`,
    );
  }
  for (const { level, text } of problems) {
    const [first = "", ...more] = out.tty ? wrap(text, out.width - 2) : [text];
    out.line(`${level === "error" ? red("✖") : yellow("!")} ${first}`);
    out.line(...more.map((line) => `  ${line}`));
  }
}
