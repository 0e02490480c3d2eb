/**
 * `rl worker restart`.
 *
 * @module
 */

import type { WorkerStatus } from "../../../core/console/mod.ts";
import type { Command } from "../../framework/command.ts";
import { among, orderCommand, type whom } from "./send_command.ts";

const restart: Command<typeof whom> = orderCommand({
  order: "restart",
  summary: "Have a worker drain, and its supervisor start another",
  details: "With --all, one after another: the next one is told when the last is back. A worker " +
    "that nobody supervises ends with 75, for whoever started it.",
  done: "left, and another works in its place",
  obeyed: (then, now) =>
    !among(now, then) &&
    (then.info.supervisor === null || now.some((each) => replaces(then, each))),
});

export default restart;

function replaces(
  { info: then }: WorkerStatus,
  { info, state }: WorkerStatus,
): boolean {
  return state === "working" && info.name === then.name && info.host === then.host &&
    info.supervisor === then.supervisor;
}
