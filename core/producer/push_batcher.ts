/**
 * The producing side: the rows of one tick and one partition become one call.
 *
 * @module
 */

import { batches } from "../base/batches.ts";
import type { Run } from "../task/current_run.ts";
import { type AdmissionReason, AdmissionRejectedError, RelierError } from "../base/errors.ts";
import type { Outcome } from "./create_handle.ts";
import type { Partition } from "../protocol/keys.ts";
import type { Parcel } from "./prepared_push.ts";
import { RedisError, type Reply } from "../port.ts";
import { call, type Caller } from "../redis/call.ts";
import { push as pushScript } from "../redis/generated/client.ts";

interface Sending {
  readonly parcel: Parcel;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/** Sends parcels; those of one tick and one partition go together. */
export interface Sender {
  send(parcel: Parcel): Promise<Outcome>;
  /** Resolves once everything handed over so far is settled. */
  flush(): Promise<void>;
}

/**
 * Makes the sender of a client; `used` is told of the queues, `limitsOf` are its
 * own limits of a queue, as text.
 */
export function createSender(
  caller: Caller,
  used: (queue: string) => void,
  limitsOf: (queue: string) => string,
): Sender {
  const groups = new Map<string, Sending[]>();
  const flying = new Set<Promise<void>>();

  function take(parcel: Parcel): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const { partition, run, confirm } = parcel;
      const group = `${partition.root} ${run?.taskId} ${run?.nonce} ${JSON.stringify(confirm)}`;
      const waiting = groups.get(group);
      if (waiting) return void waiting.push({ parcel, resolve, reject });
      groups.set(group, [{ parcel, resolve, reject }]);
      queueMicrotask(() => {
        const sendings = groups.get(group)!;
        groups.delete(group);
        const size = ({ parcel }: Sending) => parcel.row.envelope.length;
        for (const page of batches(sendings, size)) track(deliver(page));
      });
    });
  }

  function track(work: Promise<void>): void {
    flying.add(work);
    void work.then(() => flying.delete(work));
  }

  async function deliver(page: readonly Sending[]): Promise<void> {
    const { partition, run, confirm } = page[0]!.parcel;
    used(partition.queue);
    try {
      const [parent, nonce] = run ? await parentOf(run, partition) : ["", ""];
      const args = { parent, nonce, own: limitsOf(partition.queue) };
      const rows = page.map(({ parcel }) => parcel.row);
      const [word, , , odd, refused] = await call(
        caller,
        partition,
        pushScript,
        args,
        rows,
        confirm,
      );
      if (word === "stale") throw leaseLost(run!);
      settle(page, odd, refused);
    } catch (error) {
      for (const sending of page) sending.reject(asConnection(error, sending.parcel));
    }
  }

  /**
   * The parent, if the push itself can check that it is still held. In another
   * slot it cannot: then the parent is asked just before.
   */
  async function parentOf(run: Run, partition: Partition): Promise<[string, string]> {
    const { id, nonce, partition: own, beatOnce } = run;
    if (own.root === partition.root) return [id, nonce];
    await beatOnce();
    return ["", ""];
  }

  return {
    send: take,
    async flush() {
      await Promise.resolve();
      while (flying.size > 0) await Promise.all(flying);
    },
  };
}

function settle(page: readonly Sending[], odd: readonly Reply[], refused: readonly Reply[]): void {
  const words = new Map<number, string>();
  for (let i = 0; i < odd.length; i += 2) words.set(odd[i] as number, odd[i + 1] as string);
  const errors = new Map<number, AdmissionRejectedError>();
  for (let i = 0; i < refused.length; i += 3) {
    const [at, reason, ms] = refused.slice(i, i + 3) as [number, AdmissionReason, number];
    errors.set(at, new AdmissionRejectedError(page[at]!.parcel.partition.queue, reason, ms));
  }
  page.forEach(({ parcel, resolve, reject }, i) => {
    const [word, error] = [words.get(i), errors.get(i)];
    if (error) {
      reject(error);
    } else if (word === "conflict") {
      reject(
        new RelierError(
          "RL_CONFLICT",
          `Cannot push "${parcel.task}": its key belongs to task "${parcel.id}" with another payload`,
          { hint: "use another key, or the same payload" },
        ),
      );
    } else {
      resolve(parcel.joins && word ? word as Outcome : "created");
    }
  });
}

function leaseLost(run: Run): RelierError {
  return new RelierError(
    "RL_LEASE_LOST",
    `Cannot push from task "${run.taskId}": another worker has it now`,
  );
}

function asConnection(error: unknown, { task, id }: Parcel): unknown {
  if (!RedisError.is(error)) return error;
  const arrived = error.failure === "unknown" ? "; it may have arrived" : "";
  return new RelierError(
    "RL_CONNECTION",
    `Cannot push "${task}" as "${id}"${arrived}: ${error.message}`,
    {
      cause: error,
      hint: error.failure === "unsupported"
        ? "choose another durability"
        : "push again: for an idempotent task that is safe",
    },
  );
}
