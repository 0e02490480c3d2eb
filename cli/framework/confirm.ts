/**
 * Asking before something is changed that cannot be changed back. The answer
 * is No unless it is yes.
 *
 * @module
 */

import { CliError } from "./cli_error.ts";
import type { Host } from "./host.ts";
import type { Output } from "./output.ts";
import { harmless, oneLine } from "../terminal/text.ts";

/** What is about to happen. */
export interface PlannedAction {
  /** What is done, such as `discard`. */
  readonly verb: string;
  /** To how many. */
  readonly count: number;
  /** Some of them. */
  readonly samples: readonly string[];
  /** The queue they are in, which is to be typed in production. */
  readonly queue?: string;
  /** What they are, such as `dead task`; `task` if absent. */
  readonly what?: string;
  /** It is done without being asked about; a dry run shows it all the same. */
  readonly slight?: boolean;
}

/** How it was asked for. */
export interface ConfirmOptions {
  readonly yes: boolean;
  readonly dryRun: boolean;
  /** Off with `--no-input`. */
  readonly input: boolean;
  /** The name given with `--confirm`. */
  readonly confirm: string | undefined;
  readonly production: boolean;
}

/** Ends a command that has said all there is to say. */
export class DryRunDone extends Error {
  override readonly name = "Done";
}

const sampleCount = 3;

/**
 * Resolves if the act is confirmed.
 *
 * @throws {DryRunDone} for a dry run
 * @throws {CliError} 9 if it is not
 */
export async function confirm(
  act: PlannedAction,
  asked: ConfirmOptions,
  out: Output,
  host: Host,
  signal: AbortSignal,
): Promise<void> {
  const { verb, count, queue, samples, what = "task", slight = false } = act;
  const things = `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
  const scope = queue === undefined ? "" : ` of queue "${queue}"`;
  if (asked.dryRun) {
    const some = samples.slice(0, sampleCount);
    out.record({ dryRun: true, verb, count, samples: some, ...(queue && { queue }) }, () => {
      out.line(`would ${verb} ${things}${scope}`, ...listed(samples, count));
    });
    throw new DryRunDone();
  }
  if (slight) return;
  const name = queue ?? "all";
  if (asked.production ? asked.confirm === name : asked.yes) return;
  if (asked.production && asked.confirm !== undefined) {
    throw new CliError(
      9,
      `Cannot ${verb} ${things}: --confirm "${asked.confirm}" is not "${name}"`,
      {
        hint: `this is production: pass --confirm ${name}`,
      },
    );
  }
  const canAsk = asked.input && host.stdin.isTTY === true && host.stderr.isTTY === true;
  if (!canAsk) {
    const pass = asked.production ? `this is production: pass --confirm ${name}` : "pass --yes";
    throw new CliError(9, `Cannot ${verb} ${things}${scope} without a confirmation`, {
      hint: `${pass}, or --dry-run to see what would happen`,
    });
  }
  const question = asked.production
    ? `This is production. Type ${name} to go on: `
    : `Go on? (y/N) `;
  host.stderr.write(
    [`About to ${verb} ${things}${scope}`, ...listed(samples, count), question].join("\n"),
  );
  const answer = await answerOf(host, signal);
  if (asked.production ? answer === name : /^y(es)?$/i.test(answer)) return;
  throw new CliError(9, `Cannot ${verb} ${things}${scope}: it was declined`, {
    hint: "nothing was changed",
  });
}

function listed(samples: readonly string[], count: number): string[] {
  const some = samples.slice(0, sampleCount);
  const more = count - some.length;
  return [
    ...some,
    ...(some.length > 0 && more > 0 ? [`… and ${more.toLocaleString("en")} more`] : []),
  ]
    .map((sample) => `  ${oneLine(harmless(sample))}`);
}

/** The first line of what is typed; empty if nothing comes. Rejects when `signal` is aborted. */
async function answerOf(host: Host, signal: AbortSignal): Promise<string> {
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  return await Promise.race([lineOf(host), interrupted]);
}

async function lineOf(host: Host): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of host.stdin) {
    text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    if (text.includes("\n")) break;
  }
  if (!text.includes("\n")) host.stderr.write("\n"); // Nobody has pressed Enter.
  return text.split("\n", 1)[0]!.trim();
}
