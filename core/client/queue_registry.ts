/**
 * Which queues there are: each process says so of a queue when it first pushes
 * to it or works on it, and again about once an hour. Kept in one sorted set, so
 * that nobody ever has to walk the keys of a server.
 *
 * @module
 */

import { type Partition, partitionOf } from "../protocol/keys.ts";
import type { RedisPort, Reply } from "../port.ts";
import { call, type Caller, pairs } from "../redis/call.ts";
import { listQueues, registerQueue } from "../redis/generated/client.ts";
import type { Telemetry } from "../telemetry/load_observer.ts";
import { rowsPerCall } from "../defaults.ts";

/** A queue, and when somebody last said that it is in use. */
export interface QueueName {
  /** As tasks name it. */
  readonly name: string;
  /** When it was last pushed to or worked on, to the hour or so. */
  readonly seen: Date;
}

/** The registry of a client. */
export interface Registry {
  /** Where it is kept, and how it is asked: any server of a cluster may be the one that has it. */
  readonly partition: Partition;
  readonly caller: Caller;
  /** Says that `queue` is in use, unless that was said lately. Never throws, and waits for nothing. */
  enlist(queue: string): void;
  /** Redis has forgotten: everything is said anew. */
  forget(): void;
  /** Every queue, by name. */
  names(): Promise<QueueName[]>;
}

const againMs = 3_600_000;
const retryMs = 5000;

/** Makes the registry of a client. */
export function createRegistry(
  port: RedisPort,
  prefix: string,
  telemetry: Telemetry,
): Registry {
  const partition = partitionOf("relier.queues", 0, prefix);
  // A loss is noticed where tasks are kept; nothing is lost with this.
  const ledger = { seen: () => undefined, witness: () => {} };
  const caller: Caller = { port, ledger, telemetry };
  const dueAt = new Map<string, number>();

  return {
    partition,
    caller,
    enlist(queue) {
      const now = performance.now();
      if (now < (dueAt.get(queue) ?? -Infinity)) return;
      dueAt.set(queue, now + againMs);
      call(caller, partition, registerQueue, { queue }).catch(() =>
        dueAt.set(queue, now + retryMs)
      );
    },
    forget: () => dueAt.clear(),
    async names() {
      const found: QueueName[] = [];
      let page: [string, Reply][];
      do {
        const args = { offset: found.length, limit: rowsPerCall };
        const [, , , names] = await call(caller, partition, listQueues, args);
        page = pairs(names);
        found.push(...page.map(([name, seen]) => ({ name, seen: new Date(Number(seen)) })));
      } while (page.length === rowsPerCall);
      return found.sort((a, b) => a.name < b.name ? -1 : 1);
    },
  };
}
