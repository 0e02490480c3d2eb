/**
 * Every error as one line and a hint, or as JSON; the exit code it stands for;
 * and never a password.
 *
 * @module
 */

import type { Settings } from "./settings.ts";
import { CliError, type Exit, exits } from "./cli_error.ts";
import type { Host } from "./host.ts";
import { redact } from "./redact.ts";
import { hasColor, styleOf } from "./style.ts";
import { oneLine, plain } from "../terminal/text.ts";

/** What is known about how errors are to be shown; more of it the later they come. */
export interface ReportOptions {
  json: boolean;
  debug: boolean;
  color: boolean;
  settings?: Settings;
  /** The command, such as `rl tasks show`. */
  command?: string;
}

/** What the codes of the engine exit with; 1 if not listed. */
const codes: Readonly<Record<string, Exit>> = {
  RL_CONNECTION: 3,
  RL_NOT_FOUND: 4,
  RL_CONFLICT: 5,
  RL_RESULT_TIMEOUT: 6,
  RL_DATA_LOSS: 7,
};

/** What is told about an error. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly exit: Exit;
}

/** Shows `error`, and returns the exit code it stands for. */
export async function reportError(
  error: unknown,
  manners: ReportOptions,
  host: Host,
): Promise<number> {
  const told = errorReport(error, manners.settings, host);
  const help = told.exit === 2 && !told.hint && manners.command !== undefined
    ? { hint: `run "${manners.command} --help" to see what it takes` }
    : {};
  const complaint = { ...told, ...help };
  const { code, message, hint, exit } = complaint;
  if (manners.json) {
    const { json } = await import("../../core/console/mod.ts");
    host.stderr.write(json(complaint) + "\n");
  } else {
    const { red, dim, cyan } = styleOf(hasColor(host, host.stderr, manners.color));
    host.stderr.write(`${red("error:")} ${message} ${dim(`[${code}]`)}\n`);
    if (hint) host.stderr.write(`${cyan("hint:")}  ${hint}\n`);
  }
  if (manners.debug) {
    host.stderr.write(masker(manners.settings, host)(plain(stackOf(error))) + "\n");
  }
  return exit;
}

/** What is told about `error`: each text on one line, harmless and without a password. */
export function errorReport(
  error: unknown,
  settings: Settings | undefined,
  host: Host,
): ErrorReport {
  const { code, message, hint, exit } = readingOf(error, settings);
  const masked = masker(settings, host);
  const safe = (text: string): string => masked(oneLine(plain(text)));
  return { code, message: safe(message), ...(hint && { hint: safe(hint) }), exit };
}

function masker(settings: Settings | undefined, { env }: Host): (text: string) => string {
  const secrets = { ...env, RELIER_URL_IN_USE: settings?.url.value };
  return (text) => redact(text, secrets);
}

function readingOf(error: unknown, settings: Settings | undefined): ErrorReport {
  if (error instanceof CliError) {
    const { exit, message, hint } = error;
    return { code: exits[exit], message, exit, ...(hint && { hint }) };
  }
  const { message } = error instanceof Error ? error : new Error(String(error));
  const { code, hint } = (error ?? {}) as { code?: unknown; hint?: unknown };
  const told = typeof hint === "string" ? { hint } : {};
  if (settings && isUnreachable(error)) {
    const { value, from } = settings.url;
    const why = message.replace(/^Cannot run "[^"]*": /, "");
    return {
      code: exits[3],
      message: `Cannot reach Redis at ${value} (${from}): ${why}`,
      hint: 'start it, set RELIER_REDIS_URL, pass --url, or run "rl doctor"',
      exit: 3,
    };
  }
  if (typeof code === "string" && code.startsWith("RL_")) {
    return { code, message, exit: codes[code] ?? 1, ...told };
  }
  // The engine refuses an option so; anything else of these classes is a mistake of ours.
  if ((error instanceof TypeError || error instanceof RangeError) && /^Cannot use /.test(message)) {
    return { code: exits[2], message, exit: 2, ...told };
  }
  return { code: exits[1], message, exit: 1, hint: "--debug shows where this comes from", ...told };
}

/** Answers of a Redis that is there, and lets nobody do anything. */
const closedDoors = new Set(["CLUSTERDOWN", "LOADING", "MASTERDOWN", "NOAUTH", "WRONGPASS"]);

/** Whether no Redis answered, or one that would not let us in. */
function isUnreachable(error: unknown): boolean {
  const { name, code, failure, reply } = (error ?? {}) as Record<string, unknown>;
  return code === "RL_CONNECTION" ||
    (name === "RedisError" &&
      (closedDoors.has(String(reply)) || (failure === "unknown" && !reply)));
}

/** The stack of an error and of what caused it. */
function stackOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const stack = error.stack ?? `${error.name}: ${error.message}`;
  return cause === undefined || depth > 4
    ? stack
    : `${stack}\ncaused by ${stackOf(cause, depth + 1)}`;
}
