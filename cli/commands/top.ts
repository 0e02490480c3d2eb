/**
 * `rl top`: shows queues, running and dead tasks and workers, live.
 *
 * @module
 */

import process from "node:process";
import { type Command, command } from "../framework/command.ts";
import { CliError } from "../framework/cli_error.ts";
import { duration } from "../framework/duration.ts";
import { redact } from "../framework/redact.ts";
import { queuesOf } from "./queues/queue_names.ts";
import { runTop } from "./top/session.ts";
import { openTerminal } from "../terminal/fullscreen.ts";

const args = {
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name,…",
    description: "Only these queues",
    many: true,
  },
  refresh: {
    type: "string",
    valueHint: "duration",
    default: "1s",
    description: "Interval of refreshes, 200ms to 1m",
  },
} as const;

const top: Command<typeof args> = command({
  summary: "Watch queues, tasks and workers, and act on them",
  details:
    "? shows the keys. Each refresh makes a bounded number of calls, however many tasks wait: " +
    "it reads the numbers of 50 queues, and the running tasks, dead tasks or workers of the 10 " +
    "fullest. It asks before it changes anything.",
  examples: ["rl top", "rl top --queue mails --refresh 500ms"],
  args,
  acts: true,
  async run({ args, host, out, relier, settings, signal }) {
    const refreshMs = duration("--refresh", args.refresh, { min: 200, max: 60_000 });
    if (host.stdin.isTTY !== true || host.stdout.isTTY !== true || out.json || out.quiet) {
      throw new CliError(2, "Cannot show rl top: it needs a terminal", {
        hint: 'run "rl status --watch", with --json for programs',
      });
    }
    const queues = args.queue === undefined ? undefined : await queuesOf(relier, args.queue);
    await runTop({
      relier,
      queues,
      about: `${redact(settings.url.value)}  prefix ${settings.prefix.value}`,
      production: settings.env.value === "production",
      refreshMs,
      style: out.style,
      signal,
      open: (onKey, onResize) => openTerminal(process.stdin, process.stdout, onKey, onResize),
    });
  },
});

export default top;
