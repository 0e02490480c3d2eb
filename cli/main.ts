#!/usr/bin/env node
/**
 * `rl`: what an operator and a developer type. Every command is loaded when it
 * is called for.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { type CommandDef, defineCommand } from "citty";
import { main } from "./kernel.ts";

const { version } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as { version: string };

// Without a `run` of its own: citty would call it after every command.
const rl: CommandDef = defineCommand({
  meta: { name: "rl", version, description: "Background tasks on Redis that survive your workers" },
  subCommands: {
    demo: () => import("./demo.ts").then((module) => module.default),
  },
});

process.exitCode = await main(rl, process.argv.slice(2));
