/**
 * The cost of a task: pushed, claimed, run and settled on a real Redis, alone and among
 * others.
 *
 * @module
 */

import {
  createWorker,
  type RedisPort,
  type Relier,
  type RelierOptions,
  rlTask,
} from "../../../mod.ts";
import { type Counted, counted, total, type Transport } from "./counting_port.ts";

/** The cost of an operation on tasks. */
export interface TaskCost {
  readonly what: string;
  /** Commands per task; of an idle tick, all its commands. */
  readonly perTask: number;
}

/** Creates a client on a port; the creator of this function closes it. */
export type Client = (options: RelierOptions) => Relier;

const many = 100;
const few = 10;
const queue = "cost";
const noop = rlTask("rl-cost", { queue }, (n: number) => n);
const list: [number][] = Array.from({ length: many }, (_, i) => [i]);

/** Measures on the Redis behind `port`. */
export async function taskCosts(port: RedisPort, client: Client): Promise<TaskCost[]> {
  return [
    ...await pushing(port, client),
    ...await working(port, client),
    ...await ticking(port, client),
  ];
}

async function pushing(port: RedisPort, client: Client): Promise<TaskCost[]> {
  const { relier, counter } = over(port, client, "http");
  await relier.apush(noop, 0); // It also registers the queue.
  const first = total(counter.take());
  for (let n = 0; n < few; n++) await relier.apush(noop, n);
  const alone = total(counter.take()) / few;
  await relier.apushMany(noop, list);
  const together = total(counter.take()) / many;
  const worker = createWorker(relier, { queues: [queue], concurrency: many, handleSignals: false });
  while ((await worker.tick({ max: 1000 })).more);
  return [
    { what: "push, the first of a client", perTask: first },
    { what: "push, one by one", perTask: alone },
    { what: `push, ${many} at once`, perTask: together },
  ];
}

/** Counts claims, settlements and waits only: heartbeats are part of the idle cost. */
async function working(port: RedisPort, client: Client): Promise<TaskCost[]> {
  const { relier, counter } = over(port, client, "tcp");
  const worker = createWorker(relier, {
    queues: [queue],
    profile: "metered",
    handleSignals: false,
  });
  let done = 0;
  let more = () => {};
  worker.on("completed", () => {
    done++;
    more();
  });
  const until = async (n: number) => {
    while (done < n) await new Promise<void>((resolve) => more = resolve);
  };
  const producer = over(port, client, "http").relier;
  await producer.apushMany(noop, list);
  await worker.start();
  await until(many);
  const together = work(counter) / many;
  for (let n = 1; n <= few; n++) {
    await producer.apush(noop, n);
    await until(many + n);
  }
  const alone = work(counter) / few;
  await worker.drain();
  return [
    { what: "claim, run and settle, one by one", perTask: alone },
    { what: `claim, run and settle, ${many} waiting`, perTask: together },
  ];
}

async function ticking(port: RedisPort, client: Client): Promise<TaskCost[]> {
  const { relier, counter } = over(port, client, "http");
  const worker = createWorker(relier, { queues: [queue], handleSignals: false });
  await worker.tick(); // It also reads the server version.
  const first = total(counter.take());
  await worker.tick();
  const nothing = total(counter.take());
  const ticked = async (n: number): Promise<number> => {
    await relier.apushMany(noop, list.slice(0, n));
    counter.take();
    for (let done = 0; done < n;) done += (await worker.tick()).completed;
    return total(counter.take()) / n;
  };
  await relier.apush(noop, 0);
  await worker.tick();
  return [
    { what: "tick with nothing to do, the first of a worker", perTask: first },
    { what: "tick with nothing to do", perTask: nothing },
    { what: "tick with one task", perTask: await ticked(1) },
    { what: `tick with ${many} tasks`, perTask: await ticked(many) },
  ];
}

function over(
  port: RedisPort,
  client: Client,
  transport: Transport,
): { readonly relier: Relier; readonly counter: Counted } {
  const counter = counted(port, transport);
  return { relier: client({ redis: counter.port, tasks: [noop] }), counter };
}

function work(counter: Counted): number {
  const counts = counter.take();
  return (counts.get("settle_and_claim") ?? 0) + (counts.get("BLPOP") ?? 0);
}
