/**
 * Output of an experiment: the headline, the faults and the verdict; with `--watch`
 * every worker event in between; with `--json` one document at the end.
 *
 * @module
 */

import type { WorkerPool } from "../../processes/worker_pool.ts";
import type { Output } from "../../framework/output.ts";
import { narrate, type Narration } from "../narration.ts";
import type { Spread } from "../spread.ts";
import type { Job } from "../tasks.ts";
import type { Findings } from "../verdict.ts";

/** The report of an experiment. `inconclusive`: the fault hit no task, so nothing is proved. */
export interface Report {
  readonly experiment: string;
  readonly outcome: "held" | "broken" | "inconclusive";
  readonly seed: number;
  readonly redis: string;
  readonly faults: readonly { readonly afterMs: number; readonly what: string }[];
  readonly tasks: {
    readonly pushed: number;
    readonly refused: number;
    readonly completed: number;
    readonly dead: number;
    readonly cancelled: number;
    readonly lost: number;
    /** Null where workers keep no ledger, like every other figure that needs one. */
    readonly doubled: number | null;
    /** Acknowledged, and undone by Redis itself in a failover. */
    readonly undone: number;
  };
  /** Tasks that were running when a fault hit. */
  readonly struck: number;
  readonly runs: number | null;
  readonly charged: number | null;
  readonly resurrected: number;
  readonly handedOff: number | null;
  readonly fenced: number | null;
  /** From a fault to the ledger line of the next run; null if no task was hit. */
  readonly recoveryMs: Spread | null;
  /** A sentence for each broken promise. */
  readonly broken: readonly string[];
  /** Why it is inconclusive. */
  readonly problem: string | null;
  readonly seconds: number;
}

// Each takes two columns, so that sentences stand in line.
const marks = {
  kill: ["✖ ", "red"],
  back: ["● ", "green"],
  resurrected: ["◆ ", "magenta"],
  fence: ["⊘ ", "yellow"],
  hand: ["⇄ ", "cyan"],
  dead: ["☠ ", "magenta"],
  note: ["· ", "dim"],
  fault: ["↯ ", "red"],
  done: ["✓ ", "green"],
} as const;

/** Events as they happen, one line each. */
export interface Timeline {
  say(mark: keyof typeof marks, text: string): void;
  /** The same, only with `--watch`. */
  detail(mark: keyof typeof marks, text: string): void;
  /** The number of tasks handed off so far. */
  readonly handedOff: number;
  /** Follows the workers of `pool` until the returned function is called. */
  follow(pool: WorkerPool<Job>): () => void;
}

/** Creates the timeline of an experiment; without `watch` it shows only faults. */
export function createTimeline(out: Output, watch: boolean): Timeline {
  const began = performance.now();
  let narration: Narration | undefined;

  function say(mark: keyof typeof marks, text: string): void {
    const [sign, color] = marks[mark];
    const seconds = `${((performance.now() - began) / 1000).toFixed(1)}s`.padStart(7);
    out.line(`${out.style.dim(seconds)}  ${out.style[color](sign)} ${text}`);
  }

  function detail(mark: keyof typeof marks, text: string): void {
    if (watch) say(mark, text);
  }

  return {
    say,
    detail,
    get handedOff() {
      return narration?.handedOff ?? 0;
    },
    follow(pool) {
      narration = narrate(pool, detail);
      return narration.stop;
    },
  };
}

const maxFlaws = 10;

/** Prints the experiment, its promise and its environment. */
export function printHeadline(
  out: Output,
  name: string,
  summary: string,
  proves: string,
  facts: string,
): void {
  const { bold, dim } = out.style;
  out.line(`${bold(name)}  ${summary}`, dim(`promise  ${proves}`), dim(`setup    ${facts}`));
}

/** Prints `report`. */
export function printReport(out: Output, report: Report, timeline: Timeline): void {
  out.record(report, () => {
    const { style } = out;
    const { outcome, tasks, recoveryMs, broken } = report;
    const { pushed, completed, dead, refused, lost, doubled, undone } = tasks;
    const parts = [
      `${completed}/${pushed} completed`,
      ...(dead > 0 ? [`${dead} dead`] : []),
      ...(refused > 0 ? [`${refused} refused`] : []),
      ...(report.resurrected > 0 ? [`${report.resurrected} resurrected`] : []),
      ...(report.handedOff ? [`${report.handedOff} handed off`] : []),
      ...(report.fenced ? [`${report.fenced} fenced`] : []),
      ...(recoveryMs ? [`recovery p50 ${recoveryMs.p50} ms max ${recoveryMs.max} ms`] : []),
      ...(undone > 0 ? [`${undone} undone by Redis`] : []),
      `${lost} lost`,
      ...(doubled === null ? [] : [`${doubled} doubled`]),
    ];
    timeline.say(outcome === "held" ? "done" : "kill", parts.join(" · "));
    for (const what of broken.slice(0, maxFlaws)) out.line(`         ${style.red("✖")}  ${what}`);
    if (broken.length > maxFlaws) out.line(`         and ${broken.length - maxFlaws} more`);
    const seconds = style.dim(`${report.experiment}, ${report.seconds} s`);
    if (outcome === "held") out.line(`${style.green("PASS")}     ${seconds}`);
    if (outcome === "broken") out.line(`${style.red("FAIL")}     ${seconds}`);
    if (outcome === "inconclusive") {
      out.line(`         ${style.yellow("!")}  ${report.problem}`);
      out.line(`${style.yellow("UNCLEAR")}  ${seconds}`);
    }
  });
}

/** Every flaw of `findings`, as sentences. */
export function flawsOf({ lost, doubled, broken }: Findings): string[] {
  return [
    ...lost.map((what) => `lost: ${what}`),
    ...doubled.map((what) => `doubled: ${what}`),
    ...broken,
  ];
}
