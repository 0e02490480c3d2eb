/**
 * Values that completion offers: queues, states, tasks and workers, as Redis knows them.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { globalOptions } from "./global_options.ts";
import type { Host } from "./host.ts";
import { optionsOf, tokenize } from "./parse_args.ts";

/** A kind of value. */
export type ValueKind = "queue" | "state" | "task" | "worker";

/** Finds the values of a kind. */
export type Lookup = (kind: ValueKind) => Promise<readonly string[]>;

/** A shell waits for the answer. */
const longestMs = 1_000;

/** The kind of value that an argument takes, by its name and the hint of its value; undefined if any. */
export function kindOf(name: string, hint: string | undefined): ValueKind | undefined {
  if (name === "queue" || name === "queues") return "queue";
  if (name === "worker" || name === "workers") return "worker";
  if (name === "state") return "state";
  return name === "task" || hint === "task" ? "task" : undefined;
}

/** Looks values up in the Redis that `words` name, or the configured one; none if it is away. */
export function lookupFor(words: readonly string[], host: Host): Lookup {
  return async (kind) => {
    const late = sleep(longestMs, [], { ref: false });
    return await Promise.race([valuesOf(kind, words, host).catch(() => []), late]);
  };
}

async function valuesOf(
  kind: ValueKind,
  words: readonly string[],
  host: Host,
): Promise<readonly string[]> {
  // Most completions are names of commands and options, which need none of this.
  const [engine, { lazyClient }, { withProjectRedis }, { settingsOf }, { findConfig }] =
    await Promise.all([
      import("../../mod.ts"),
      import("./redis_client.ts"),
      import("./run_command.ts"),
      import("./settings.ts"),
      import("./config_file.ts"),
    ]);
  if (kind === "state") return Object.keys(engine.states);
  const { isAlive, listWorkers, usedQueues } = await import("../../core/console/mod.ts");
  const flags = Object.fromEntries(
    tokenize(words, optionsOf(globalOptions)).flatMap((token) =>
      token.kind === "option" && token.value !== undefined ? [[token.name, token.value]] : []
    ),
  );
  const settings = await withProjectRedis(
    settingsOf(flags, host, await findConfig(flags, host)),
    host,
  );
  const client = lazyClient(settings, engine, () => {});
  try {
    const relier = client.get();
    const queues = await usedQueues(relier);
    if (kind === "queue") return queues;
    const workers = await listWorkers(relier, queues);
    const names = kind === "task"
      ? workers.flatMap(({ info }) => info.tasks.map(({ name }) => name))
      : workers.filter((each) => isAlive(each, Date.now())).map(({ id, info }) => info.name ?? id);
    return [...new Set(names)].sort();
  } finally {
    await client.close();
  }
}
