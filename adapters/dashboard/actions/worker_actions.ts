/**
 * What a worker is told to do.
 *
 * @module
 */

import { RelierError, type WorkerCommand } from "../../../mod.ts";
import { type Action, field, type FormFields } from "../page.ts";
import { shellWord } from "../ui/components.ts";

/** An order, and what is said of it. */
interface Order {
  readonly order: WorkerCommand["do"];
  readonly role: Action["role"];
  readonly said: string;
  readonly question?: string;
}

const orders: readonly Order[] = [
  { order: "pause", role: "operator", said: "was told to claim nothing more" },
  { order: "resume", role: "operator", said: "was told to go on" },
  {
    order: "drain",
    role: "operator",
    said: "was told to drain: it finishes what it runs, hands off the rest, and leaves",
    question: "have it finish what it runs, hand off the rest, and leave?",
  },
  {
    order: "stop",
    role: "admin",
    said: "was told to stop at once: what it ran is handed off",
    question: "have it stop at once, and hand off what it runs?",
  },
];

function actOf({ order, role, said, question }: Order): Action {
  const nameOf = (fields: FormFields): string => fields["name"] || fields["worker"] || "";
  return {
    name: `worker.${order}`,
    role,
    target: (fields) => field(fields, "worker"),
    command: (fields) => `rl worker ${order} ${shellWord(nameOf(fields))}`,
    ...question !== undefined && {
      question: (fields) => `Worker ${nameOf(fields)}: ${question}`,
    },
    async run({ rl }, fields) {
      const worker = field(fields, "worker");
      const queues = field(fields, "queues").split(",").slice(0, 50);
      for (const queue of queues) {
        try {
          await rl.queue(queue).commandWorker(worker, { do: order });
          return `Worker ${nameOf(fields)} ${said}.`;
        } catch (error) {
          // It beats in several queues, and may have left one of them.
          if (!RelierError.is(error, "RL_NOT_FOUND") || queue === queues.at(-1)) throw error;
        }
      }
      return "";
    },
  };
}

/** All of them, by what they order. */
export const workerActions: readonly Action[] = orders.map(actOf);

/** The act that gives `order`. */
export function workerAction(order: "pause" | "resume" | "drain" | "stop"): Action {
  return workerActions.find(({ name }) => name === `worker.${order}`)!;
}
