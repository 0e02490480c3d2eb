/**
 * Runs one command: parses its line, builds its context, and closes its client.
 *
 * @module
 */

import { runCommand } from "citty";
import { setTimeout as sleep } from "node:timers/promises";
import { lazyClient } from "./redis_client.ts";
import type { Command, Context, Group } from "./command.ts";
import { errorReport, type ReportOptions } from "./error_report.ts";
import { type Settings, settingsOf } from "./settings.ts";
import type { ParsedArgs, Values } from "./args.ts";
import { findConfig } from "./config_file.ts";
import { confirm, DryRunDone } from "./confirm.ts";
import { Interrupted, listenForInterruption } from "./signals.ts";
import { CliError } from "./cli_error.ts";
import { duration } from "./duration.ts";
import { choice } from "./option_values.ts";
import { inheritedOptions } from "./global_options.ts";
import type { Host, Screen } from "./host.ts";
import { createOutput, type OutputOptions } from "./output.ts";
import { parse } from "./parse_args.ts";
import { watch } from "../terminal/watch.ts";

/** A command and its command line. */
export interface CommandCall {
  readonly tree: Group;
  readonly path: readonly string[];
  readonly command: Command;
  readonly tokens: readonly string[];
}

/** The line of a command, parsed, with the settings it leads to. */
interface Prepared {
  readonly args: ParsedArgs;
  readonly rest: readonly string[];
  readonly shared: Values;
  readonly settings: Settings;
  readonly output: OutputOptions;
  readonly timeoutMs: number | undefined;
  readonly refreshMs: number;
}

/** Time limit for closing the client. */
const closeMs = 2_000;

/** Runs a command; resolves to its exit code. */
export async function run(call: CommandCall, report: ReportOptions, host: Host): Promise<number> {
  const { tree, command } = call;
  const { args, rest, shared, settings, output, timeoutMs, refreshMs } = await prepare(
    call,
    report,
    host,
  );
  const is = (name: string): boolean => shared[name] === true;
  const asked = {
    yes: is("yes"),
    dryRun: is("dry-run"),
    input: !is("no-input"),
    confirm: shared["confirm"] as string | undefined,
    production: settings.env.value === "production",
  };
  const interruption = listenForInterruption(host, timeoutMs, command.graceful);
  const { signal } = interruption;
  const engine = command.offline ? undefined : await import("../../mod.ts");
  const recordActions = command.acts && (await import("./operator_log.ts")).recordActions;
  const client = lazyClient(settings, engine, (made) => recordActions?.(made, host));
  const once = async (stdout: Screen, stderr: Screen): Promise<number | undefined> => {
    const out = createOutput({ ...host, stderr }, output, stdout);
    const data: Context = {
      args,
      rest,
      settings,
      signal,
      host,
      tree,
      out,
      watching: is("watch"),
      get relier() {
        return client.get();
      },
      confirm: (action) => confirm(action, asked, out, host, signal),
    };
    // The line is parsed already: citty would accept options that it does not know.
    const { result } = await runCommand({ ...command, args: {} }, { rawArgs: [], data });
    return result as number | undefined;
  };
  try {
    const describe = (error: unknown) => errorReport(error, settings, host);
    const work: Promise<number | void> = is("watch")
      ? watch({ once, every: refreshMs, output, signal, host, report: describe })
      : once(host.stdout, host.stderr);
    const exit = await interruption.race(work);
    if (exit === undefined) signal.throwIfAborted();
    return exit ?? 0;
  } catch (error) {
    if (error instanceof DryRunDone) return 0;
    if (!signal.aborted || error instanceof CliError) throw error;
    const { reason } = signal;
    if (reason instanceof Interrupted) return is("watch") && reason.exit === 130 ? 0 : reason.exit;
    throw reason;
  } finally {
    interruption.close();
    await Promise.race([client.close(), sleep(closeMs, undefined, { ref: false })]).catch(() => {});
  }
}

/** Parses the line and reads the configuration; from here on `report` knows both. */
async function prepare(call: CommandCall, report: ReportOptions, host: Host): Promise<Prepared> {
  const { path, command, tokens } = call;
  report.command = ["rl", ...path].join(" ");
  const { args, rest, shared } = parse(path, command.args, inheritedOptions(command), tokens);
  const file = command.offline ? undefined : await findConfig(shared, host);
  const found = settingsOf(shared, host, file);
  // A cluster is started with the given settings, not with those of one that is up.
  const settings = path[0] === "cluster" ? found : await withProjectRedis(found, host);
  const { from, value } = settings.output;
  report.settings = settings;
  report.debug = settings.debug.value;
  report.json = choice(from, value, ["human", "json"]) === "json";
  const { timeout, refresh = "1s", quiet, wide, iso } = shared;
  return {
    args,
    rest,
    shared,
    settings,
    output: {
      json: report.json,
      quiet: quiet === true,
      wide: wide === true,
      iso: iso === true,
      color: report.color,
    },
    timeoutMs: timeout === undefined
      ? undefined
      : duration("--timeout", String(timeout), { min: 1 }),
    refreshMs: duration("--refresh", String(refresh), { min: 100, max: 3_600_000 }),
  };
}

/** The settings with the Redis that `rl cluster up` started for this project, if no URL is given. */
export async function withProjectRedis(settings: Settings, host: Host): Promise<Settings> {
  if (settings.url.from !== "default") return settings;
  const { projectRedis } = await import("../supervisor/state_dir.ts");
  const value = projectRedis({ settings, host });
  return value === undefined ? settings : { ...settings, url: { value, from: "rl cluster up" } };
}
