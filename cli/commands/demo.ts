/**
 * `rl demo`: real processes, real signals, an independent ledger, and a repeatable
 * audit.
 *
 * @module
 */

import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Command, command } from "../framework/command.ts";
import { CliError } from "../framework/cli_error.ts";
import { duration } from "../framework/duration.ts";
import { auditFiles } from "../lab/demo/file_audit.ts";
import { filesBelow } from "../lab/demo/files.ts";
import {
  checkOutput,
  createFolder,
  type Folder,
  folderAt,
  readOrder,
} from "../lab/demo/workspace_folder.ts";
import { atExit, exitOnSignals } from "../processes/child_process.ts";
import { findRedis } from "../processes/find_redis.ts";
import { printFigures, printFlaws, verdictOf } from "../lab/demo/report.ts";
import { type DemoOutcome, run } from "../lab/demo/run.ts";
import { createScreen, type Screen } from "../terminal/live_screen.ts";

const minFiles = 4;

const args = {
  input: {
    type: "string",
    valueHint: "folder",
    description: "Folder with files to work on (default: this project's own sources)",
  },
  output: {
    type: "string",
    valueHint: "folder",
    description: "Folder for results and the ledger (default: a new temporary folder)",
  },
  keep: {
    type: "boolean",
    default: true,
    description: "Keep the results and the ledger",
    negativeDescription: "Remove the results and the ledger at the end",
  },
  work: {
    type: "string",
    valueHint: "duration",
    description: "Minimal work on a file, such as 250ms (default: by the number of files)",
  },
  url: {
    type: "string",
    valueHint: "redis",
    description: "URL of Redis (default: RELIER_REDIS_URL, else it starts one)",
  },
  audit: {
    type: "string",
    valueHint: "folder",
    description: "Only repeat the audit of a folder that an earlier run kept",
  },
} as const;

const demo: Command<typeof args> = command({
  summary: "Kill, freeze, drain and poison real workers on real files, then audit the outcome",
  details:
    "Needs no installed server: uses the Redis in --url, one that it starts, or the embedded " +
    "engine. With --json the figures are the last line on stdout; all other output is on stderr.",
  examples: ["rl demo", "rl demo --input ./docs --no-keep", "rl demo --audit /tmp/relier-demo-x"],
  args,
  // A configured Redis is not for experiments: the demo uses one only if an option names it.
  offline: true,
  graceful: true,
  async run({ args, out: { json } }): Promise<number> {
    const { keep } = args;
    const screen = createScreen(json ? process.stderr : process.stdout);
    if (args.audit !== undefined) return await auditAgain(args.audit, screen, json);
    const input = inputFolder(args.input);
    const workMs = args.work === undefined
      ? undefined
      : duration("--work", args.work, { max: 600_000 });
    if (args.output !== undefined) checkOutput(args.output);
    exitOnSignals(() => screen.close());

    screen.line(["  Relier demo", "bold"], [`  ${input}`, "dim"]);
    try {
      const redis = await findRedis(args.url);
      screen.say("done", `Redis at ${redis.about}`);
      if (redis.notice) screen.say("note", redis.notice);
      const folder = createFolder(args.output);
      if (!keep) atExit(() => folder.remove());
      return report(
        await run({ input, folder, redis, workMs }, screen),
        screen,
        folder,
        keep,
        json,
      );
    } finally {
      screen.close();
    }
  },
});

export default demo;

function report(
  { figures, findings, broken }: DemoOutcome,
  screen: Screen,
  folder: Folder,
  keep: boolean,
  json: boolean,
): number {
  const { lost, doubled, changed } = findings;
  printFigures(screen, figures, findings);
  printFlaws(screen, { lost, doubled, broken });
  if (changed > 0) {
    screen.say(
      "note",
      `${changed} files changed during the run: only their result and ledger are compared`,
    );
  }
  if (keep) {
    screen.line(["  inspect:        ", "dim"], [folder.ledger]);
    screen.line(["                  ", "dim"], [folder.results]);
    screen.line(["  audit again:    ", "dim"], [`rl demo --audit ${folder.root}`]);
  }
  if (json) console.log(JSON.stringify(figures));
  return lost.length + doubled.length + broken.length > 0 ? 8 : 0;
}

async function auditAgain(path: string, screen: Screen, json: boolean): Promise<number> {
  const folder = folderAt(path);
  const findings = await auditFiles(readOrder(folder), folder);
  const { files, results, lost, doubled } = findings;
  screen.line(...verdictOf(findings));
  printFlaws(screen, { lost, doubled });
  if (json) {
    const figures = { files, results, lost: lost.length, duplicateEffects: doubled.length };
    console.log(JSON.stringify(figures));
  }
  return lost.length + doubled.length > 0 ? 8 : 0;
}

function inputFolder(given: string | undefined): string {
  const path = given ?? fileURLToPath(new URL("../../", import.meta.url));
  const refuse = (why: string): CliError =>
    new CliError(2, `Cannot use option --input "${path}": ${why}`, {
      hint:
        `name a folder with at least ${minFiles} files, or leave it out to use this project's own`,
    });
  if (!existsSync(path)) throw refuse("the folder does not exist");
  if (!statSync(path).isDirectory()) throw refuse("it is not a folder");
  const files = filesBelow(path).length;
  if (files < minFiles) {
    throw refuse(files === 0 ? "it contains no readable file" : `it contains only ${files}`);
  }
  return resolve(path);
}
