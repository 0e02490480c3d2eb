/**
 * `rl worker stop`.
 *
 * @module
 */

import type { Command } from "../../framework/command.ts";
import { among, orderCommand, type whom } from "./send_command.ts";

const stop: Command<typeof whom> = orderCommand({
  order: "stop",
  summary: "Have a worker hand off everything at once, and leave",
  details: 'No task is charged for it. "rl worker drain" lets them finish first. A supervisor ' +
    "starts nothing in its place.",
  done: "handed everything off and left",
  obeyed: (then, now) => !among(now, then),
});

export default stop;
