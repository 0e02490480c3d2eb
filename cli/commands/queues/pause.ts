/**
 * `rl queues pause`: holds a queue, for workers or for producers.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";

const args = {
  queue: { type: "positional", description: "The queue" },
  what: {
    type: "enum",
    options: ["claims", "pushes"],
    default: "claims",
    description: "claims: workers take nothing new; pushes: nothing new is taken in",
  },
  reason: {
    type: "string",
    valueHint: "text",
    default: "paused by rl",
    description: "What others see as the reason",
  },
} as const;

const pause: Command<typeof args> = command({
  summary: "Have workers take nothing new from a queue, or producers push nothing new",
  details: "What runs goes on. Tasks that were accepted stay, and wait.",
  examples: [
    "rl queues pause mails --reason 'SMTP is down'",
    "rl queues pause mails --what pushes",
  ],
  args,
  acts: true,
  async run({ args: { queue, what, reason }, out, relier }) {
    await relier.queue(queue).pause(what, reason);
    out.record({ name: queue, paused: what, reason }, () => {
      out.line(
        what === "claims"
          ? `queue "${queue}" is paused: workers take nothing new`
          : `queue "${queue}" is closed: pushes are refused`,
      );
    });
    out.note(`open it again with "rl queues resume ${queue}"`);
  },
});

export default pause;
