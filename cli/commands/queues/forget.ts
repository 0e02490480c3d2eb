/**
 * `rl queues forget`: removes the name of an empty queue from every list.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { knownQueue } from "./queue_names.ts";

const args = { queue: { type: "positional", description: "Name of the queue" } } as const;

const forget: Command<typeof args> = command({
  summary: "Remove an empty queue from every list",
  details: "The queue must hold no tasks, have no workers, and have been out of use for an hour. " +
    "A later push lists it again. Its limits and counters stay.",
  examples: ["rl queues forget mails-2024"],
  args,
  acts: true,
  async run({ args: { queue }, out, relier }) {
    knownQueue(queue, (await relier.queues()).map(({ name }) => name));
    await relier.forgetQueue(queue);
    out.record({ name: queue }, () => out.line(`queue "${queue}" is forgotten`));
  },
});

export default forget;
