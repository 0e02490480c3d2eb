/**
 * `rl queues pause`: pauses claims or pushes of a queue.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { existingQueue } from "./queue_names.ts";

const args = {
  queue: { type: "positional", description: "Name of the queue" },
  what: {
    type: "enum",
    options: ["claims", "pushes"],
    default: "claims",
    description: "claims: workers claim no tasks; pushes: producers are refused",
  },
  reason: {
    type: "string",
    valueHint: "text",
    default: "paused by rl",
    description: "Reason that producers and operators see",
  },
} as const;

const pause: Command<typeof args> = command({
  summary: "Pause the claims of a queue, or refuse its pushes",
  details: "Running tasks continue. Accepted tasks stay in the queue.",
  examples: [
    "rl queues pause mails --reason 'SMTP is down'",
    "rl queues pause mails --what pushes",
  ],
  args,
  acts: true,
  async run({ args: { queue: given, what, reason }, out, relier }) {
    const queue = await existingQueue(relier, given);
    await relier.queue(queue).pause(what, reason);
    out.record({ name: queue, paused: what, reason }, () => {
      out.line(
        what === "claims"
          ? `queue "${queue}" is paused: workers claim no tasks`
          : `queue "${queue}" is closed: pushes are refused`,
      );
    });
    out.note(`open it again with "rl queues resume ${queue}"`);
  },
});

export default pause;
