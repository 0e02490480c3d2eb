/**
 * `rl queues limit`: what a queue takes in, and how much of it runs at a time.
 *
 * @module
 */

import type { Command } from "../../framework/command.ts";
import { type limitArgs, limitCommand } from "./limit_options.ts";

const limit: Command<typeof limitArgs> = limitCommand("queues limit");

export default limit;
