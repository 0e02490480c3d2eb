/**
 * A worker that dies in the middle of its work, as a process does: from one
 * moment on its calls have no effect and get no reply. Its remains in this
 * process are ended with the test.
 *
 * @module
 */

import { createWorker, type RedisPort, type Relier, type Worker } from "../../mod.ts";

/** A port that can be cut off without notice. */
export interface MortalPort extends RedisPort {
  /** Cuts the port off before the next call of `program`. */
  killBefore(program: string): void;
  /** Cuts the port off: its subscriptions end, its calls stay unanswered. */
  kill(): void;
  /** Resolves when the port is cut off. */
  readonly dead: Promise<void>;
  /** Continues the unanswered calls: Redis refuses them by now, so their callers end. */
  reopen(): void;
}

/** Makes a port over `port` that can be cut off; until then it behaves the same. */
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

  /** Delays a call, and an answer that arrives after death, until the port is reopened. */
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

/** A worker to be killed. */
export interface Victim {
  /** Works until it runs `task`, or until no task is due; resolves to true if it died. */
  work(queues: readonly string[], task: string | undefined): Promise<boolean>;
  /** Aborts its handler, if that still runs, and ends the worker. */
  bury(): Promise<void>;
}

/** The real ms that a handler may run on if it does not end by itself. */
const lifeMs = 100;

/** Makes a victim that uses `port`, and whose client is `client`. */
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
          // The effects of the handler remain; only its end is never reported.
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
