/**
 * `rl worker pause`.
 *
 * @module
 */

import type { Command } from "../../framework/command.ts";
import { among, orderCommand, type whom } from "./send_command.ts";

const pause: Command<typeof whom> = orderCommand({
  order: "pause",
  summary: "Have a worker claim nothing more, and finish what it runs",
  details: "It stays where it is until it is told to resume. To have nobody claim from a queue, " +
    'see "rl queues pause".',
  done: "claims nothing more",
  obeyed: (then, now) => among(now, then)?.state !== "working",
});

export default pause;
