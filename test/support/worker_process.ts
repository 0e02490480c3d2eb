/**
 * A process of the tests: a worker, or a client that only pushes. Its first argument
 * describes it, and messages give it commands.
 *
 * @module
 */

import process from "node:process";
import { connect } from "#client";
import { upstash } from "../../adapters/upstash.ts";
import {
  createRelier,
  createWorker,
  type RedisPort,
  RelierError,
  type Worker,
  type WorkerEventName,
  type WorkerOptions,
} from "../../mod.ts";
import { note } from "./effect_log.ts";
import { type PortFault, withFaults } from "./faulty_port.ts";
import { ask, release } from "./tasks.ts";

/** The description of a process. */
export interface Post {
  /** The URL of its Redis; over HTTP, the user name is the token. */
  readonly redis: string;
  /** The worker's options; without them the process only pushes. */
  readonly worker?: WorkerOptions;
  /** The faults of its port. */
  readonly faults: readonly PortFault[];
}

/** A command to a process. The answer to `call` carries its number. */
export type Order =
  | { readonly do: "release"; readonly key: string }
  | { readonly do: "health"; readonly call: number }
  | {
    readonly do: "ask";
    readonly call: number;
    readonly key: string;
    readonly ms: number;
    readonly times: number;
  };

const events: readonly WorkerEventName[] = [
  "failed",
  "dead",
  "deferred",
  "handedOff",
  "cancelled",
  "fenced",
  "resurrected",
  "stalled",
  "draining",
  "error",
];

const post = JSON.parse(process.argv[2]!) as Post;
const rl = createRelier({
  redis: withFaults(portTo(post.redis), post.faults),
  logger: false,
  onDataLoss: (error) => note("loss", { text: error.message }),
});
let worker: Worker | undefined;

// No process survives a test that ends early.
process.on("disconnect", () => process.exit(1));
process.on("message", (message) => void obey(message as Order));
void begin().catch((error) => {
  console.error(error);
  process.exit(1);
});

function portTo(url: string): RedisPort {
  if (!url.startsWith("http:")) return connect(url);
  const { origin, username: token } = new URL(url);
  return upstash({ url: origin, token });
}

async function begin(): Promise<void> {
  if (post.worker) {
    worker = createWorker(rl, post.worker);
    const { id: workerId } = worker;
    for (const name of events) {
      worker.on(name, (event) => {
        const { id = "", reason = "", error } = event as {
          readonly id?: string;
          readonly reason?: string;
          readonly error?: Error;
        };
        const text = error instanceof Error ? `${error.name}: ${error.message}` : reason;
        note(name, { id, worker: workerId, text });
      });
    }
    await worker.start();
  }
  process.send!({ ready: worker?.id ?? "" });
}

async function obey(order: Order): Promise<void> {
  if (order.do === "release") return release(order.key);
  const answer = order.do === "health" ? worker?.health() : await askMany(order);
  process.send!({ call: order.call, answer });
}

/** Pushes one task many times at once, and waits for every result. */
async function askMany({ key, ms, times }: Order & { do: "ask" }): Promise<unknown> {
  return await Promise.all(Array.from({ length: times }, async () => {
    const handle = await rl.apush(ask, key, ms);
    note("pushed", { key, id: handle.id, text: handle.outcome });
    return await handle.result().catch((error) =>
      error instanceof RelierError ? error.code : error
    );
  }));
}
