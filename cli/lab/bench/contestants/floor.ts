/**
 * The floor: the same calls, batches and keys as Relier, without its guarantees. No
 * queue with this layout can be faster on the same machine.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import process from "node:process";
import { Redis } from "ioredis";
import type { Contestant, Place, WorkSettings } from "./contestant.ts";
import { pushScript, turnScript } from "./floor_scripts.ts";

/** Rows of one push call. */
const maxRows = 200;
/** A worker has at most this many calls in flight. */
const callsInFlight = 2;

type Run = (...args: readonly (string | number)[]) => Promise<unknown>;

/** Connects the floor. */
export async function openFloor({ url, prefix, payload }: Place): Promise<Contestant> {
  const redis = new Redis(url, { protocol: 2 });
  const keys = ["ready", "task", "running", "completed", "record", "order", "bell"]
    .map((name) => `${prefix}:{floor}:${name}`);
  const program = async (source: string): Promise<Run> => {
    const sha = String(await redis.script("LOAD", source));
    return (...args) => redis.evalsha(sha, keys.length, ...keys, ...args);
  };
  const push = createPusher(await program(pushScript), JSON.stringify([payload]));
  const turn = await program(turnScript);
  return {
    push,
    pushMany: (n) => Promise.all(Array.from({ length: n }, push)),
    async work(settings) {
      const blocking = redis.duplicate();
      await blocking.ping();
      const slots = Math.ceil(settings.concurrency / callsInFlight);
      const bell = createBell(() => blocking.blpop(keys.at(-1)!, 0));
      for (let left = settings.concurrency; left > 0; left -= slots) {
        void loop(turn, Math.min(slots, left), settings, bell);
      }
    },
  };
}

/** Sends the pushes of one turn of the event loop together. */
function createPusher(run: Run, envelope: string): () => Promise<unknown> {
  let rows: string[] = [];
  let sent: Promise<unknown> | undefined;
  return () => {
    rows.push(randomBytes(16).toString("base64url"), envelope);
    sent ??= new Promise((resolve, reject) => {
      process.nextTick(() => {
        const args = rows;
        rows = [];
        sent = undefined;
        const calls: Promise<unknown>[] = [];
        for (let at = 0; at < args.length; at += 2 * maxRows) {
          calls.push(run(...args.slice(at, at + 2 * maxRows)));
        }
        Promise.all(calls).then(resolve, reject);
      });
    });
    return sent;
  };
}

/** Shares one blocking wait among all loops. */
function createBell(wait: () => Promise<unknown>): () => Promise<unknown> {
  let waiting: Promise<unknown> | undefined;
  return () => waiting ??= wait().finally(() => waiting = undefined);
}

/** Settles and claims, call after call, `slots` tasks at a time. */
async function loop(
  turn: Run,
  slots: number,
  { handler, onDone }: WorkSettings,
  bell: () => Promise<unknown>,
): Promise<never> {
  let held: readonly string[] = [];
  for (;;) {
    const [ids = []] = await turn(slots, ...held) as [string[]?, string[]?];
    for (let i = 0; i < held.length; i++) onDone();
    held = ids;
    const running = ids.map(handler).filter((each) => each !== undefined);
    if (running.length > 0) await Promise.all(running);
    if (ids.length === 0) await bell();
  }
}
