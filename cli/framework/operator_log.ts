/**
 * Writes the changes of a command to the operator log, with the user's name.
 *
 * @module
 */

import { hostname } from "node:os";
import type { Queue, Relier } from "../../mod.ts";
import type { Host } from "./host.ts";

/** Entries of one action in one run; a command that changes thousands of tasks writes no more. */
const maxEntries = 20;

type Record = (action: string, target: string) => Promise<void>;

/** Has `relier` record its actions, each before it is carried out. */
export function recordActions(relier: Relier, host: Host): void {
  const { env: { USER, LOGNAME } } = host;
  const actor = `${USER || LOGNAME || "unknown"}@${hostname()}`.slice(0, 200);
  const counts = new Map<string, number>();
  const record: Record = async (action, target) => {
    const n = (counts.get(action) ?? 0) + 1;
    counts.set(action, n);
    if (n > maxEntries) return;
    const what = n === maxEntries ? `${target}, and more` : target;
    await relier.recordAction({ actor, action, target: what.slice(0, 512), surface: "cli" });
  };
  const { queue, handle, deleteQueue, runAgain } = relier;
  relier.deleteQueue = async (name, options) => {
    await record("queue.delete", name);
    await deleteQueue(name, options);
  };
  relier.runAgain = async (id) => {
    await record("task.run-again", id);
    return await runAgain(id);
  };
  relier.queue = (name) => recorded(queue(name), record);
  relier.handle = <R>(id: string) => {
    const own = handle<R>(id);
    return {
      ...own,
      async cancel(reason) {
        await record("task.cancel", id);
        return await own.cancel(reason);
      },
    };
  };
}

function recorded(queue: Queue, record: Record): Queue {
  const { name } = queue;
  type Acts = Pick<
    Queue,
    | "commandWorker"
    | "evict"
    | "pause"
    | "resume"
    | "limit"
    | "release"
    | "promote"
    | "discard"
    | "restore"
    | "repair"
  >;
  const some = (list: readonly unknown[], one: unknown): string =>
    list.length === 1 && typeof one === "string" ? one : `${list.length} tasks of ${name}`;
  const targets: {
    readonly [A in keyof Acts]: (...args: Parameters<Acts[A]>) => [string, string];
  } = {
    commandWorker: (worker, { do: what }) => [`worker.${what}`, worker],
    evict: (worker) => ["worker.evict", worker],
    pause: () => ["queue.pause", name],
    resume: () => ["queue.resume", name],
    limit: () => ["queue.limit", name],
    release: (ids) => {
      const [first] = ids;
      return ["dlq.release", some(ids, typeof first === "object" ? first.id : first)];
    },
    promote: (ids) => ["task.promote", some(ids, ids[0])],
    discard: (ids) => ["task.discard", some(ids, ids[0])],
    restore: (lines) => ["dlq.import", `${lines.length} tasks of ${name}`],
    repair: () => ["queue.repair", name],
  };
  const acts = Object.entries(targets).map(([act, of]) => [
    act,
    async (...args: never[]) => {
      const dry = act === "repair" &&
        (args[0] as { dryRun?: boolean } | undefined)?.dryRun === true;
      if (!dry) await record(...(of as (...args: never[]) => [string, string])(...args));
      return await (queue[act as keyof Acts] as (...args: never[]) => Promise<never>)(...args);
    },
  ]);
  return { ...queue, ...Object.fromEntries(acts) as Acts };
}
