/**
 * Runs a command: reads its line, makes what it works with, closes that again.
 *
 * @module
 */

import { lazyClient } from "./redis_client.ts";
import type { Command, Context, Group } from "./command.ts";
import { errorReport, type ReportOptions } from "./error_report.ts";
import { settingsOf } from "./settings.ts";
import { findConfig } from "./config_file.ts";
import { confirm, DryRunDone } from "./confirm.ts";
import { createStopper, Interrupted } from "./signals.ts";
import { CliError } from "./cli_error.ts";
import { duration } from "./duration.ts";
import { choice } from "./option_values.ts";
import { inheritedOptions } from "./global_options.ts";
import type { Host, Screen } from "./host.ts";
import { createOutput, type OutputOptions } from "./output.ts";
import { parse } from "./parse_args.ts";
import { watch } from "../terminal/watch.ts";

/** What is run. */
export interface Call {
  readonly tree: Group;
  readonly path: readonly string[];
  readonly command: Command;
  readonly tokens: readonly string[];
}

/** How long closing may take before the process ends without it. */
const closingMs = 2_000;

/** Runs a command, and resolves to its exit code. */
export async function run(call: Call, manners: ReportOptions, host: Host): Promise<number> {
  const { tree, command } = call;
  manners.command = ["rl", ...call.path].join(" ");
  const { args, rest, shared } = parse(
    call.path,
    command.args,
    inheritedOptions(command),
    call.tokens,
  );
  const file = command.offline ? undefined : await findConfig(shared, host);
  const settings = settingsOf(shared, host, file);
  const { from, value } = settings.output;
  manners.settings = settings;
  manners.debug = settings.debug.value;
  manners.json = choice(from, value, ["human", "json"]) === "json";
  const timeout = shared["timeout"] as string | undefined;
  const timeoutMs = timeout === undefined ? undefined : duration("--timeout", timeout, { min: 1 });
  const every = duration("--refresh", String(shared["refresh"] ?? "1s"), {
    min: 100,
    max: 3_600_000,
  });
  const is = (name: string): boolean => shared[name] === true;
  const manner: OutputOptions = {
    json: manners.json,
    quiet: is("quiet"),
    wide: is("wide"),
    iso: is("iso"),
    color: manners.color,
  };
  const asked = {
    yes: is("yes"),
    dryRun: is("dry-run"),
    input: !is("no-input"),
    confirm: shared["confirm"] as string | undefined,
    production: settings.env.value === "production",
  };
  const stopper = createStopper(host, timeoutMs, command.graceful);
  const { signal } = stopper;
  const engine = command.offline ? undefined : await import("../../mod.ts");
  const recordActs = command.acts && (await import("./operator_log.ts")).recordActions;
  const client = lazyClient(settings, engine, (made) => recordActs?.(made, host));
  const contextFor = (stdout: Screen, stderr: Screen): Context => {
    const out = createOutput({ ...host, stderr }, manner, stdout);
    return {
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
      confirm: (act) => confirm(act, asked, out, host, signal),
    };
  };
  try {
    const once = (stdout: Screen, stderr: Screen) => command.run(contextFor(stdout, stderr));
    const complaint = (error: unknown) => errorReport(error, settings, host);
    const work = is("watch")
      ? watch({ once, every, manner, signal, host, complaint })
      : once(host.stdout, host.stderr);
    const exit = await stopper.race(work);
    if (exit === undefined) signal.throwIfAborted();
    return exit ?? 0;
  } catch (error) {
    if (error instanceof DryRunDone) return 0;
    if (!signal.aborted || error instanceof CliError) throw error;
    const { reason } = signal;
    if (reason instanceof Interrupted) return is("watch") && reason.exit === 130 ? 0 : reason.exit;
    throw reason;
  } finally {
    stopper.close();
    await soon(client.close());
  }
}

/** Resolves when `work` is over, or when that takes too long. */
async function soon(work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, closingMs));
  await Promise.race([work, late]).catch(() => {}).finally(() => clearTimeout(timer));
}
