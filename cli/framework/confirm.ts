/**
 * Asks for confirmation of a change that cannot be undone. The default is No.
 *
 * @module
 */

import { createInterface } from "node:readline/promises";
import { Readable } from "node:stream";
import { CliError, Declined } from "./cli_error.ts";
import type { Host } from "./host.ts";
import type { Output } from "./output.ts";
import { harmless, oneLine } from "../terminal/text.ts";

/** An action to confirm. */
export interface PlannedAction {
  /** Verb, such as `discard`. */
  readonly verb: string;
  /** Number of objects. */
  readonly count: number;
  /** Ids of some of them. */
  readonly samples: readonly string[];
  /** Their queue; its name confirms the action in production. */
  readonly queue?: string;
  /** Noun, such as `dead task`. Default: `task`. */
  readonly what?: string;
  /** The object, if it is one with a name: replaces number, noun and queue in the text. */
  readonly object?: string;
  /** Needs no confirmation; only a dry run shows it. */
  readonly slight?: boolean;
}

/** Options that decide how to confirm. */
export interface ConfirmOptions {
  readonly yes: boolean;
  readonly dryRun: boolean;
  /** False with `--no-input`. */
  readonly input: boolean;
  /** Value of `--confirm`. */
  readonly confirm: string | undefined;
  readonly production: boolean;
}

/** Ends a command after a dry run. */
export class DryRunDone extends Error {
  override readonly name = "Done";
}

const sampleCount = 3;

/**
 * Resolves if the user confirms the action.
 *
 * @throws {DryRunDone} after a dry run.
 * @throws {Declined} if the user answers No.
 * @throws {CliError} 9 if it cannot ask.
 */
export async function confirm(
  action: PlannedAction,
  asked: ConfirmOptions,
  out: Output,
  host: Host,
  signal: AbortSignal,
): Promise<void> {
  const { verb, count, queue, samples, what = "task", object, slight = false } = action;
  const things = object ?? `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
  const scope = object !== undefined || queue === undefined ? "" : ` of queue "${queue}"`;
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
  const answer = await readAnswer(host, signal);
  if (asked.production ? answer === name : /^y(es)?$/i.test(answer)) return;
  throw new Declined();
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

/** The line that the user types; empty at the end of input. Rejects when `signal` is aborted. */
async function readAnswer(host: Host, signal: AbortSignal): Promise<string> {
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  return await Promise.race([firstLine(host), interrupted]);
}

async function firstLine({ stdin, stderr }: Host): Promise<string> {
  for await (const line of createInterface({ input: Readable.from(stdin) })) return line.trim();
  stderr.write("\n"); // The user pressed Ctrl-D, not Enter.
  return "";
}
