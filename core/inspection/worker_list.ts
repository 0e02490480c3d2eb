/**
 * Lists the workers of a queue.
 *
 * @module
 */

import { parseWorkerInfo, type WorkerInfo } from "../protocol/worker_info.ts";
import { RelierError } from "../base/errors.ts";
import type { Partition } from "../protocol/keys.ts";
import { decodeCommand, encodeCommand, type WorkerCommand } from "../protocol/worker_command.ts";
import type { Reply } from "../port.ts";
import { call, type Caller } from "../redis/call.ts";
import {
  commandWorker as commandWorkerScript,
  listWorkers as listWorkersScript,
} from "../redis/generated/operations.ts";

/** A worker, as its queue knows it. */
export interface WorkerEntry {
  /** The {@linkcode Worker.id}. */
  readonly id: string;
  /** Its last heartbeat, by the clock of Redis. */
  readonly lastBeat: Date;
  /** True if this server has seen its subscription, whose loss reveals a crash at once. */
  readonly seen: boolean;
  /** The ms its subscription has been missing; 0 while it stands. */
  readonly missingMs: number;
  /** The ms its event loop has been blocked, while a thread beats for it; 0 if it is not. */
  readonly blockedMs: number;
  /** Tasks of this queue that it holds. */
  readonly running: number;
  /** The facts it published with its last heartbeat. */
  readonly info: WorkerInfo;
  /** A command it has not applied yet. */
  readonly command: WorkerCommand["do"] | null;
  /** True if a command has paused it. */
  readonly paused: boolean;
}

type Row = readonly [
  id: string,
  beat: number,
  seen: number,
  missingMs: number,
  running: number,
  about: string,
  order: string,
  blockedMs: number,
];

/** Lists the workers with a heartbeat at `partition`, at most 200. */
export async function listWorkers(caller: Caller, partition: Partition): Promise<WorkerEntry[]> {
  const [, , , workers] = await call(caller, partition, listWorkersScript, {});
  return (workers as readonly Reply[]).map((row) => {
    const [id, beat, seen, missingMs, running, text, order, blockedMs] = row as unknown as Row;
    const info = parseWorkerInfo(text);
    return {
      id,
      lastBeat: new Date(beat),
      seen: seen === 1,
      missingMs,
      blockedMs,
      running,
      info,
      command: decodeCommand(order)?.what ?? null,
      paused: info.state === "paused",
    };
  });
}

/** Sends a command to a worker. @throws {RelierError} `RL_NOT_FOUND` */
export async function commandWorker(
  caller: Caller,
  partition: Partition,
  worker: string,
  order: WorkerCommand,
): Promise<void> {
  const text = encodeCommand(order);
  const [word] = await call(caller, partition, commandWorkerScript, { worker, order: text });
  if (word === "ok") return;
  throw new RelierError(
    "RL_NOT_FOUND",
    `Cannot find worker "${worker}" in queue "${partition.queue}"`,
    { hint: "it has left, or works on other queues" },
  );
}
