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
  readQueues,
  serverProblems,
} from "../../core/console/mod.ts";
import type { Relier } from "../../mod.ts";
import { type Command, command, type Context } from "../framework/command.ts";
import { redact } from "../framework/redact.ts";
import { queueColumns } from "./queues/columns.ts";
import { queuesOf } from "./queues/queue_names.ts";

const args = {
  check: {
    type: "boolean",
    description: "Exit with 7 if there is a problem; takes two readings, a second apart",
  },
} as const;

/** Time between the two readings of a check: a death between them is a problem. */
const apartMs = 1000;

const status: Command<typeof args> = command({
  summary: "Show Redis, queues and workers at a glance",
  details:
    "Lists problems below the table: tasks without a worker, an expired lease without a sweep, " +
    "tasks that die, a paused or closed queue, a Redis that deletes keys.",
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
    const [server, alive] = await Promise.all([relier.server(), aliveOn(relier, queues)]);
    const ills = [
      ...serverProblems(server),
      ...queues.flatMap((queue, i) => queueProblems(queue, alive[i]!.length)),
    ];
    const workers = new Set(alive.flat()).size;
    const redis = {
      url: redact(settings.url.value),
      prefix: settings.prefix.value,
      version: server["redis_version"] ?? "",
      ...persistence(server),
      policy: server["maxmemory_policy"] ?? "",
      memory: server["used_memory_human"] ?? "",
    };
    out.record({ healthy: ills.length === 0, ills, redis, workers, queues }, () => {
      print(context, redis, queues, ills, workers);
    });
    return args.check && ills.length > 0 ? 7 : 0;
  },
});

export default status;

/** Ids of the live workers of each queue. */
async function aliveOn(relier: Relier, queues: readonly QueueReading[]): Promise<string[][]> {
  return await Promise.all(queues.map(async ({ name, stats }) => {
    if (stats.workers.length === 0) return [];
    const fleet = await relier.queue(name).workers();
    return fleet.filter((worker) => isAlive(worker, Date.now())).map(({ id }) => id);
  }));
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
  ills: readonly Problem[],
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
  else out.table(queues, queueColumns(out));
  out.line("");
  if (ills.length === 0) {
    return out.line(
      `${green("✓")} no problems: ${plural(queues.length, "queue")}, ${plural(workers, "worker")}`,
    );
  }
  for (const { text } of ills) out.line(`${red("✖")} ${text}`);
}
