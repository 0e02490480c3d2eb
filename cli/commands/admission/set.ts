/**
 * `rl admission set`: `rl queues limit` where people look for it.
 *
 * @module
 */

import type { Command } from "../../framework/command.ts";
import { type limitArgs, limitCommand } from "../queues/limit_options.ts";

const set: Command<typeof limitArgs> = limitCommand("admission set");

export default set;
