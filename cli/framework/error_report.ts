/**
 * Reports errors: one line and a hint, or JSON, with an exit code. Passwords
 * are never shown.
 *
 * @module
 */

import type { Settings } from "./settings.ts";
import { CliError, Declined, type Exit, exits } from "./cli_error.ts";
import type { Host } from "./host.ts";
import { redact } from "./redact.ts";
import { hasColor, styleOf } from "./style.ts";
import { oneLine, plain } from "../terminal/text.ts";

/** Format of error reports; completed while the command line is read. */
export interface ReportOptions {
  json: boolean;
  debug: boolean;
  color: boolean;
  settings?: Settings;
  /** The command, such as `rl tasks show`. */
  command?: string;
}

/** Exit codes of the engine's error codes; others exit with 1. */
const codes: Readonly<Record<string, Exit>> = {
  RL_CONNECTION: 3,
  RL_REFUSED: 3,
  RL_NOT_FOUND: 4,
  RL_CONFLICT: 5,
  RL_RESULT_TIMEOUT: 6,
  RL_DATA_LOSS: 7,
};

/** An error, as it is shown. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly exit: Exit;
}

/** Prints `error`; returns its exit code. */
export async function reportError(
  error: unknown,
  options: ReportOptions,
  host: Host,
): Promise<number> {
  const found = errorReport(error, options.settings, host);
  const help = found.exit === 2 && !found.hint && options.command !== undefined
    ? { hint: `run "${options.command} --help" to list its options` }
    : {};
  const report = { ...found, ...help };
  const { code, message, hint, exit } = report;
  if (options.json) {
    const { json } = await import("../../core/console/mod.ts");
    host.stderr.write(json(report) + "\n");
  } else if (error instanceof Declined) {
    host.stderr.write(`${message}.\n`);
  } else {
    const { red, dim, cyan } = styleOf(hasColor(host, host.stderr, options.color));
    host.stderr.write(`${red("error:")} ${message} ${dim(`[${code}]`)}\n`);
    if (hint) host.stderr.write(`${cyan("hint:")}  ${hint}\n`);
  }
  if (options.debug) {
    host.stderr.write(redactor(options.settings, host)(plain(stackOf(error))) + "\n");
  }
  return exit;
}

/** Turns `error` into a report: each text on one line, without control characters and passwords. */
export function errorReport(
  error: unknown,
  settings: Settings | undefined,
  host: Host,
): ErrorReport {
  const { code, message, hint, exit } = classify(error, settings);
  const redacted = redactor(settings, host);
  const safe = (text: string): string => redacted(oneLine(plain(text)));
  return { code, message: safe(message), ...(hint && { hint: safe(hint) }), exit };
}

function redactor(settings: Settings | undefined, { env }: Host): (text: string) => string {
  const secrets = { ...env, RELIER_URL_IN_USE: settings?.url.value };
  return (text) => redact(text, secrets);
}

function classify(error: unknown, settings: Settings | undefined): ErrorReport {
  if (error instanceof CliError) {
    const { exit, message, hint } = error;
    return { code: exits[exit], message, exit, ...(hint && { hint }) };
  }
  const message = withoutStack(error instanceof Error ? error.message : String(error));
  const { code, hint } = (error ?? {}) as { code?: unknown; hint?: unknown };
  // An error of Redis ends with its fix, for loggers that print the message only.
  const hinted = typeof hint === "string" && !message.endsWith(hint) ? { hint } : {};
  if (settings && isUnreachable(error)) {
    const why = message.replace(/^Cannot run "[^"]*": /, "").replace(`; ${hint}`, "");
    // Only an answer has a fix of its own: it names the password, or the master.
    const answered = typeof hint === "string" && notServing.has(String(error.reply));
    return classify(unreachable(settings, why, answered ? hint : undefined), settings);
  }
  if (code === "ERR_MODULE_NOT_FOUND" && missingPackage.test(message)) {
    const name = missingPackage.exec(message)![1];
    const text = `Cannot run this command: package "${name}" is not installed`;
    return { code: exits[1], message: text, exit: 1, hint: `npm install ${name}` };
  }
  if (typeof code === "string" && code.startsWith("RL_")) {
    return { code, message, exit: codes[code] ?? 1, ...hinted };
  }
  // The engine refuses an option in these words; any other error of these classes is a bug.
  if (
    (error instanceof TypeError || error instanceof RangeError) &&
    /^Cannot (use |connect: )/.test(message)
  ) {
    return { code: exits[2], message, exit: 2, ...hinted };
  }
  return { code: exits[1], message, exit: 1, hint: "--debug shows the stack trace", ...hinted };
}

/** The message of an import of a package, not of a file, in Node, Bun and Deno. */
const missingPackage = /^(?:Cannot find (?:package|module)|Import) ['"]((?:@[\w.-]+\/)?\w[\w.-]*)/;

/** The error of a Redis that cannot be reached or does not serve. */
export function unreachable(
  { url: { value, from } }: Settings,
  why: string,
  hint = 'start it, set RELIER_REDIS_URL, pass --url, or run "rl doctor"',
): CliError {
  return new CliError(3, `Cannot reach Redis at ${value} (${from}): ${why}`, { hint });
}

/** Some errors of other programs carry their stack in their message. */
function withoutStack(message: string): string {
  return message.split(/\n\s+at /, 1)[0]!;
}

/** Error replies of a Redis that is running but serves no commands. */
const notServing = new Set(["CLUSTERDOWN", "LOADING", "MASTERDOWN", "NOAUTH", "WRONGPASS"]);

/** True if no Redis answered, or it refused to serve. */
function isUnreachable(error: unknown): error is { readonly reply?: unknown } {
  const { name, code, failure, reply } = (error ?? {}) as Record<string, unknown>;
  return code === "RL_CONNECTION" ||
    (name === "RedisError" &&
      (notServing.has(String(reply)) ||
        ((failure === "unknown" || failure === "unsent") && !reply)));
}

/** The stack of an error and of its causes. */
function stackOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const stack = error.stack ?? `${error.name}: ${error.message}`;
  return cause === undefined || depth > 4
    ? stack
    : `${stack}\ncaused by ${stackOf(cause, depth + 1)}`;
}
