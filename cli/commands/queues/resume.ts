/**
 * `rl queues resume`: opens a paused, closed or drained queue.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { existingQueue } from "./queue_names.ts";

const args = { queue: { type: "positional", description: "Name of the queue" } } as const;

const resume: Command<typeof args> = command({
  summary: "Open a paused, closed or drained queue",
  examples: ["rl queues resume mails"],
  args,
  acts: true,
  async run({ args: { queue: given }, out, relier }) {
    const name = await existingQueue(relier, given);
    const queue = relier.queue(name);
    const { paused } = await queue.stats();
    await queue.resume();
    const held = [paused.claims, paused.pushes].filter((reason) => reason !== null);
    out.record({ name, was: paused }, () => {
      out.line(
        held.length > 0
          ? `queue "${name}" is open again (it was paused: ${held.join("; ")})`
          : `queue "${name}" was already open`,
      );
    });
  },
});

export default resume;
