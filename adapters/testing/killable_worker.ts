/**
 * A worker that dies in the middle of its work, as a process does: from one
 * moment on it says nothing any more, and hears nothing. What is left of it in
 * this process is ended with the test.
 *
 * @module
 */

import { createWorker, type RedisPort, type Relier, type Worker } from "../../mod.ts";

/** A port that can be cut off without a word. */
export interface MortalPort extends RedisPort {
  /** Cuts it off before the next call of `program`. */
  killBefore(program: string): void;
  /** Cuts it off: its subscriptions are gone, its calls are not answered. */
  kill(): void;
  /** Resolves when it is cut off. */
  readonly dead: Promise<void>;
  /** Lets go on what waits for an answer: Redis refuses it by now, and so it ends. */
  reopen(): void;
}

/** Makes a port over `port` that can be cut off; what it does meanwhile is the same. */
export function mortal(port: RedisPort): MortalPort {
  const leaves = new Set<() => void>();
  let last: string | undefined;
  let silent = false;
  let die!: () => void;
  let reopen!: () => void;
  const dead = new Promise<void>((resolve) => die = resolve);
  const reopened = new Promise<void>((resolve) => reopen = resolve);

  function kill(): void {
    silent = true;
    for (const leave of leaves) leave();
    die();
  }

  /** An answer that comes after death is not heard either. */
  async function heard<T>(call: () => Promise<T>): Promise<T> {
    if (silent) await reopened;
    try {
      return await call();
    } finally {
      if (silent) await reopened;
    }
  }

  return {
    run(program, ...rest) {
      if (program.name === last) kill();
      return heard(() => port.run(program, ...rest));
    },
    wait: (...call) => heard(() => port.wait(...call)),
    ...(port.listen && {
      listen: (...call) =>
        heard(async () => {
          const leave = await port.listen!(...call);
          if (silent) leave();
          leaves.add(leave);
          return () => {
            leaves.delete(leave);
            leave();
          };
        }),
    }),
    close: () => Promise.resolve(),
    killBefore: (program) => void (last = program),
    kill,
    dead,
    reopen() {
      silent = false;
      reopen();
    },
  };
}

/** A worker that is to die. */
export interface Victim {
  /** Works until it runs `task`, or until there is nothing due; resolves to whether it died. */
  work(queues: readonly string[], task: string | undefined): Promise<boolean>;
  /** Has its handler aborted, if that still runs, and ends it all. */
  bury(): Promise<void>;
}

/** How long, in real ms, a handler may go on that does not end by itself. */
const lifeMs = 100;

/** Makes a victim that is reached by `port`, and whose client is `client`. */
export function createVictim(client: Relier, port: MortalPort): Victim {
  const workers: Worker[] = [];

  return {
    async work(queues, task) {
      const worker = createWorker(client, {
        queues,
        concurrency: 1,
        handleSignals: false,
        phoenix: false,
      });
      workers.push(worker);
      const begun = new Promise<true>((resolve) =>
        worker.on("started", ({ name }) => {
          if (task !== undefined && name !== task) return;
          // What its handler does is done; only that it has ended is never told.
          port.killBefore("settle_and_claim");
          resolve(true);
        })
      );
      const ticked = worker.tick({ budget: "10m", max: 100_000 });
      if (!await Promise.race([begun, ticked.then(() => false)])) return false;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => timer = setTimeout(resolve, lifeMs));
      await Promise.race([port.dead, late]).finally(() => clearTimeout(timer));
      port.kill();
      return true;
    },
    async bury() {
      port.reopen();
      await Promise.all(workers.map((each) => each.drain({ timeout: 0 })));
      await client.close();
    },
  };
}
