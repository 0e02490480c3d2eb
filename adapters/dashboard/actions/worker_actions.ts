/**
 * Commands to workers.
 *
 * @module
 */

import { RelierError, type WorkerCommand } from "../../../mod.ts";
import { type Action, field, type FormFields } from "../page.ts";
import { shellWord } from "../ui/components.ts";

/** A command and its messages. */
interface Command {
  readonly verb: WorkerCommand["do"];
  readonly role: Action["role"];
  readonly said: string;
  readonly question?: string;
}

const commands: readonly Command[] = [
  { verb: "pause", role: "operator", said: "pauses: it claims no more tasks" },
  { verb: "resume", role: "operator", said: "resumes" },
  {
    verb: "drain",
    role: "operator",
    said: "drains: it finishes running tasks, hands off the rest, and exits",
    question: "finish running tasks, hand off the rest, and exit?",
  },
  {
    verb: "stop",
    role: "admin",
    said: "stops now: its running tasks are handed off",
    question: "stop now, and hand off running tasks?",
  },
];

function actOf({ verb, role, said, question }: Command): Action {
  const nameOf = (fields: FormFields): string => fields["name"] || fields["worker"] || "";
  return {
    name: `worker.${verb}`,
    role,
    target: (fields) => field(fields, "worker"),
    command: (fields) => `rl worker ${verb} ${shellWord(nameOf(fields))}`,
    ...question !== undefined && {
      question: (fields) => `Worker ${nameOf(fields)}: ${question}`,
    },
    async run({ rl }, fields) {
      const worker = field(fields, "worker");
      const queues = field(fields, "queues").split(",").slice(0, 50);
      for (const queue of queues) {
        try {
          await rl.queue(queue).commandWorker(worker, { do: verb });
          return `Worker ${nameOf(fields)} ${said}.`;
        } catch (error) {
          // The worker serves several queues, and may have left one of them.
          if (!RelierError.is(error, "RL_NOT_FOUND") || queue === queues.at(-1)) throw error;
        }
      }
      return "";
    },
  };
}

/** The actions. */
export const workerActions: readonly Action[] = commands.map(actOf);

/** The action for a command. */
export function workerAction(verb: "pause" | "resume" | "drain" | "stop"): Action {
  return workerActions.find(({ name }) => name === `worker.${verb}`)!;
}
