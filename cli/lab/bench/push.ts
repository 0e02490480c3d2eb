/**
 * Throughput of pushes, and the memory of a waiting task.
 *
 * @module
 */

import { type Cost, measure } from "./cost.ts";
import { type Figure, ofRounds } from "./figure.ts";
import { type Lab, rounds } from "./lab.ts";
import { noop, payload } from "./noop_task.ts";

const pushers = 100;

/** Measures pushes in bulk, many at once, and one after another, each awaited. */
export async function push(lab: Lab): Promise<Figure[]> {
  const relier = lab.client({ tasks: [noop] });
  const many = lab.tasks, few = Math.ceil(lab.tasks / 10);
  const modes: Record<string, { n: number; costs: Cost[]; work(queue: string): Promise<unknown> }> =
    {
      [`push in bulk`]: {
        n: many,
        costs: [],
        work: (queue) => noop.apushMany(Array.from({ length: many }, () => [payload]), { queue }),
      },
      [`push, ${pushers} at once`]: {
        n: many,
        costs: [],
        work(queue) {
          const pusher = noop.with({ queue });
          let left = many;
          return Promise.all(Array.from({ length: pushers }, async () => {
            while (left-- > 0) await pusher.apush(payload);
          }));
        },
      },
      "push, one by one": {
        n: few,
        costs: [],
        async work(queue) {
          const pusher = noop.with({ queue });
          for (let i = 0; i < few; i++) await pusher.apush(payload);
        },
      },
    };
  const sizes: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const [i, [name, mode]] of Object.entries(modes).entries()) {
      lab.signal.throwIfAborted();
      lab.note(`${name}: ${mode.n} tasks, round ${round} of ${rounds}`);
      // A queue of its own: waiting tasks make an insert slower.
      const queue = `push-${i}-${round}`;
      await relier.queue(queue).stats();
      const before = await lab.bytes();
      mode.costs.push(await measure(lab.cpuUs, mode.n, () => mode.work(queue)));
      if (i === 0) sizes.push((await lab.bytes() - before) / mode.n);
    }
  }
  return [
    ...Object.entries(modes).flatMap(([name, { costs }]) => [
      ofRounds(name, "tasks/s", costs.map((cost) => cost.perSecond)),
      ofRounds(`Redis CPU per ${name}`, "µs", costs.map((cost) => cost.redisUs)),
    ]),
    ofRounds("a waiting task takes", "bytes", sizes),
  ];
}
