/**
 * `rl worker resume`.
 *
 * @module
 */

import type { Command } from "../../framework/command.ts";
import { among, orderCommand, type whom } from "./send_command.ts";

const resume: Command<typeof whom> = orderCommand({
  order: "resume",
  summary: "Have a paused worker claim again",
  details: "A worker that drains goes on draining.",
  done: "claims again",
  obeyed: (then, now) => among(now, then)?.state !== "paused",
});

export default resume;
