/**
 * What an experiment says: the start, the faults and the verdict; with `--watch`
 * all that happens in between; with `--json` one document at its end.
 *
 * @module
 */

import type { PoolEvent, WorkerPool } from "../../processes/worker_pool.ts";
import type { Output } from "../../framework/output.ts";
import type { Strike } from "../environment.ts";
import type { Job } from "../tasks.ts";
import type { Findings } from "../verdict.ts";

/** What came of an experiment. `inconclusive`: its fault did not strike, so nothing is proved. */
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
    /** Null, like all that only a ledger tells, where workers have none. */
    readonly doubled: number | null;
  };
  /** Tasks that were in the middle of something when a fault struck. */
  readonly struck: number;
  readonly runs: number | null;
  readonly charged: number | null;
  readonly resurrected: number;
  readonly handedOff: number | null;
  readonly fenced: number | null;
  /** From a fault to the line of the next run in the ledger; null if nothing was struck. */
  readonly recoveryMs: Spread | null;
  /** A sentence for each promise that was not kept. */
  readonly broken: readonly string[];
  /** Why it is inconclusive. */
  readonly problem: string | null;
  readonly seconds: number;
}

/** How values are spread. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** How `sorted` values are spread. */
export function spreadOf(sorted: readonly number[]): Spread | null {
  if (sorted.length === 0) return null;
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1]!;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), max: sorted.at(-1)! };
}

// Each takes two columns, so that what follows stands in line.
const marks = {
  kill: ["✖ ", "red"],
  back: ["● ", "green"],
  raised: ["◆ ", "magenta"],
  fence: ["⊘ ", "yellow"],
  hand: ["⇄ ", "cyan"],
  dead: ["☠ ", "magenta"],
  note: ["· ", "dim"],
  fault: ["↯ ", "red"],
  done: ["✓ ", "green"],
} as const;

/** What happens, as it happens. */
export interface Timeline {
  say(mark: keyof typeof marks, text: string): void;
  /** The same, if all is to be told. */
  detail(mark: keyof typeof marks, text: string): void;
  strike(strike: Strike): void;
  /** How many tasks were handed off so far. */
  readonly handedOff: number;
  /** Follows what the workers tell, until the returned function is called. */
  follow(crew: WorkerPool<Job>): () => void;
}

/** Makes the timeline of an experiment; without `watch` only faults are told. */
export function createTimeline(out: Output, watch: boolean): Timeline {
  const began = performance.now();
  const away = new Map<string, number>();
  let handedOff = 0;

  function say(mark: keyof typeof marks, text: string): void {
    const [sign, color] = marks[mark];
    const seconds = `${((performance.now() - began) / 1000).toFixed(1)}s`.padStart(7);
    out.line(`${out.style.dim(seconds)}  ${out.style[color](sign)} ${text}`);
  }

  function hear(event: PoolEvent<Job>, crew: WorkerPool<Job>): void {
    const { what, id, reason = "", at } = event;
    const key = crew.jobs.get(id)?.key ?? "a task";
    const worker = `worker ${event.worker.number}`;
    if (what === "handedOff") handedOff++;
    if (what === "handedOff" || what === "resurrected") away.set(id, at);
    if (!watch) return;
    if (what === "ended") say("kill", `${worker} (${event.worker.pid}) is gone: ${endOf(reason)}`);
    if (what === "resurrected") say("raised", `${reason} → ${key} is back in line`);
    if (what === "handedOff") say("hand", `${key} handed off by ${worker} (${reason})`);
    if (what === "fenced") say("fence", `${worker} is fenced: ${key} is another's`);
    if (what === "dead") say("dead", `${key} in the dead-letter queue: ${reason}`);
    if (what === "failed") say("note", `${key} failed (${reason}), and comes again`);
    if (what === "deferred") say("note", `${key} deferred by ${worker}: ${reason}`);
    if (what === "draining") say("hand", `${worker} drains`);
    if (what === "started" && away.delete(id)) say("back", `${key} running again on ${worker}`);
  }

  return {
    say,
    detail(mark, text) {
      if (watch) say(mark, text);
    },
    strike: ({ what }) => say("fault", what),
    get handedOff() {
      return handedOff;
    },
    follow: (crew) => crew.listen((heard) => hear(heard, crew)),
  };
}

function endOf(reason: string): string {
  return /^\d+$/.test(reason) ? `exit ${reason}` : reason;
}

/** What to call several: the first few, and how many more. */
export function listed(names: readonly string[]): string {
  const more = names.length > 4 ? [`${names.length - 3} more`] : [];
  return [...names.slice(0, more.length > 0 ? 3 : 4), ...more].join(", ") || "nothing";
}

const most = 10;

/** Says what is about to be done. */
export function headline(
  out: Output,
  name: string,
  summary: string,
  proves: string,
  facts: string,
): void {
  const { bold, dim } = out.style;
  out.line(`${bold(name)}  ${summary}`, dim(`promise  ${proves}`), dim(`stage    ${facts}`));
}

/** Says what `report` says. */
export function tell(out: Output, report: Report, timeline: Timeline): void {
  out.record(report, () => {
    const { style } = out;
    const { outcome, tasks, recoveryMs, broken } = report;
    const { pushed, completed, dead, refused, lost, doubled } = tasks;
    const parts = [
      `${completed}/${pushed} completed`,
      ...(dead > 0 ? [`${dead} dead`] : []),
      ...(refused > 0 ? [`${refused} refused`] : []),
      ...(report.resurrected > 0 ? [`${report.resurrected} resurrected`] : []),
      ...(report.handedOff ? [`${report.handedOff} handed off`] : []),
      ...(report.fenced ? [`${report.fenced} fenced`] : []),
      ...(recoveryMs ? [`recovery p50 ${recoveryMs.p50} ms max ${recoveryMs.max} ms`] : []),
      `${lost} lost`,
      ...(doubled === null ? [] : [`${doubled} doubled`]),
    ];
    timeline.say(outcome === "held" ? "done" : "kill", parts.join(" · "));
    for (const what of broken.slice(0, most)) out.line(`         ${style.red("✖")}  ${what}`);
    if (broken.length > most) out.line(`         and ${broken.length - most} more`);
    const seconds = style.dim(`${report.experiment}, ${report.seconds} s`);
    if (outcome === "held") out.line(`${style.green("PASS")}     ${seconds}`);
    if (outcome === "broken") out.line(`${style.red("FAIL")}     ${seconds}`);
    if (outcome === "inconclusive") {
      out.line(`         ${style.yellow("!")}  ${report.problem}`);
      out.line(`${style.yellow("UNCLEAR")}  ${seconds}`);
    }
  });
}

/** What `findings` found wrong. */
export function flawsOf({ lost, doubled, broken }: Findings): string[] {
  return [
    ...lost.map((what) => `lost: ${what}`),
    ...doubled.map((what) => `doubled: ${what}`),
    ...broken,
  ];
}
