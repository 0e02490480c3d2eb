/**
 * `rl cluster up`: starts everything that a project needs to run its tasks.
 *
 * @module
 */

import { closeSync, openSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, command, type Context } from "../../framework/command.ts";
import { CliError, type Exit } from "../../framework/cli_error.ts";
import { integer } from "../../framework/option_values.ts";
import { createWishes } from "../../framework/signals.ts";
import { otlpArg, otlpOf } from "../../processes/otlp_exporter.ts";
import { firstMessage, start } from "../../processes/child_process.ts";
import { startCluster } from "../../supervisor/cluster.ts";
import { createLog } from "../../supervisor/log_lines.ts";
import type { ClusterPlan } from "../../supervisor/cluster_plan.ts";
import { type StartupLine, startupLog } from "../../supervisor/startup_lines.ts";
import type { DaemonMessage } from "../../supervisor/daemon.ts";
import { workerOptions } from "../worker/start_options.ts";
import { type StateDir, stateDirOf } from "../../supervisor/state_dir.ts";

const args = {
  modules: {
    type: "positional",
    required: false,
    many: true,
    description: "Files that define tasks (default: the configured ones, else a small example)",
  },
  workers: { type: "string", valueHint: "n", description: "Number of worker processes (3)" },
  concurrency: { type: "string", valueHint: "n", description: "Concurrent tasks in each (10)" },
  queues: { type: "string", valueHint: "high:3,low", description: "Queues to work on (default)" },
  lease: { type: "string", valueHint: "duration", description: "Length of a lease (10s)" },
  "drain-timeout": {
    type: "string",
    valueHint: "duration",
    description: "Time that running tasks have to finish in a drain (20s)",
  },
  otlp: otlpArg as typeof otlpArg,
  dashboard: {
    type: "boolean",
    default: true,
    description: "Serve a dashboard, on port 4400 or any free port",
    negativeDescription: "Serve no dashboard",
  },
  detach: { type: "boolean", alias: "d", description: "Run in the background" },
  name: {
    type: "string",
    valueHint: "name",
    description: "Name of the cluster (default: the project's)",
  },
} as const;

const up: Command<typeof args> = command({
  summary: "Start Redis and workers for this project",
  details: "Uses the configured Redis. Without one, it starts the redis-server or valkey-server " +
    "that it finds, with an append-only file in a folder of its own. If there is none, it starts " +
    "an engine in memory.\n\nCtrl-C drains: running tasks may finish, the rest is handed off.",
  examples: [
    "rl cluster up",
    "rl cluster up src/tasks.ts --workers 3",
    "rl cluster up --detach && rl cluster status",
  ],
  args,
  graceful: true,
  async run(context): Promise<number> {
    const { out, host } = context;
    const began = performance.now();
    const plan = planOf(context);
    const log = createLog(out);
    // In the foreground the log follows, off a terminal as JSON: a program reads one format.
    const logs = out.json || !out.tty && !context.args.detach;
    const ready = (lines: readonly StartupLine[], end: string): void => {
      if (logs) { for (const line of startupLog(lines)) log(line); }
      else show(context, lines);
      if (context.rest.length === 0 && !context.settings.worker.modules) {
        out.note('no modules: running example tasks, try "rl tasks push hello"');
      }
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      if (!logs) return out.line(`ready in ${seconds}s · ${end}`);
      log({ level: "info", message: `ready in ${seconds}s`, fields: { event: "ready" } });
    };
    if (context.args.detach) {
      ready(await detach(plan), "rl cluster status · rl cluster logs -f · rl cluster down");
      return 0;
    }
    let drain: (() => void) | undefined;
    let asked = false;
    const wish = createWishes(() => {
      asked = true;
      drain?.();
    }, () => drain?.());
    const off = host.onSignal(wish);
    try {
      // Output before the start is in the log, and in the error if the start fails.
      const cluster = await startCluster(plan, (from, line) => {
        if (drain) log(line, from);
      });
      drain = cluster.drain;
      if (asked) drain();
      ready(cluster.lines, "Ctrl-C drains");
      return await cluster.ended;
    } finally {
      off();
    }
  },
});

export default up;

function planOf(context: Context<typeof args>): ClusterPlan {
  const { args: given, rest, settings, host } = context;
  const { worker: { modules, processes }, url, prefix } = settings;
  const size = given.workers ?? `${processes?.value ?? 3}`;
  return {
    place: stateDirOf(context, given.name),
    cwd: host.cwd,
    redis: url.from === "default" ? undefined : { url: url.value, from: url.from },
    prefix: prefix.value,
    modules: rest.length > 0 ? rest : modules?.value ?? [exampleFile()],
    size: size === "auto"
      ? availableParallelism()
      : integer("--workers", size, { min: 1, max: 100 }),
    dashboard: given.dashboard,
    worker: workerOptions(given, settings),
    otlp: otlpOf(given.otlp, settings.worker.otlp, host.env),
  };
}

/** Path of the example: JavaScript if this file is compiled, else TypeScript. */
function exampleFile(): string {
  const here = fileURLToPath(import.meta.url);
  return fileURLToPath(new URL(`../../supervisor/example_tasks${extname(here)}`, import.meta.url));
}

/** Starts the cluster in a process of its own, and resolves when it is ready. */
async function detach(plan: ClusterPlan): Promise<readonly StartupLine[]> {
  const output = openSync(plan.place.output, "w", 0o600);
  const child = start(new URL("../../supervisor/daemon.ts", import.meta.url), plan, { output });
  closeSync(output);
  const { lines, failure } = await firstMessage<DaemonMessage>(child).catch((error: Error) => {
    throw new CliError(1, `${error.message}${printed(plan.place)}`);
  });
  if (child.connected) child.disconnect();
  child.unref();
  if (lines) return lines;
  const { message = "", hint, exit = 1 } = failure ?? {};
  throw new CliError(exit as Exit, message, hint === undefined ? {} : { hint });
}

function printed({ output }: StateDir): string {
  return readFileSync(output, "utf8").trim().slice(-2000);
}

function show({ out }: Context<typeof args>, lines: readonly StartupLine[]): void {
  const { green, yellow, bold } = out.style;
  for (const { mark, part, text } of lines) {
    const tick = mark === "!" ? yellow(mark) : green(mark);
    out.line(`${tick} ${bold(part.padEnd(11))} ${text}`.trimEnd());
  }
}
