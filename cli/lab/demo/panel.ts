/**
 * The live panel: the tasks of each worker, and the progress of the run.
 *
 * @module
 */

import type { PoolWorker, WorkerPool } from "../../processes/worker_pool.ts";
import { type Piece, shorten } from "../../terminal/live_screen.ts";
import type { Job } from "../tasks.ts";

/** The progress of a run. */
export interface Progress {
  /** The steps in order, and the index of the current one. */
  readonly steps: readonly string[];
  step: number;
  files: number;
  /** Effects that the ledger process accepted and refused. */
  accepted: number;
  refused: number;
}

const states = {
  starting: ["○", "dim", "starting"],
  working: ["●", "green", ""],
  frozen: ["❄", "blue", "stopped  "],
  draining: ["⇄", "cyan", "draining  "],
  gone: ["✖", "red", "killed"],
} as const;
const fill = "▁▂▃▄▅▆▇█";

/** Draws the panel for a screen of `columns`. */
export function drawPanel(
  pool: WorkerPool<Job>,
  progress: Progress,
  clock: string,
  columns: number,
): (readonly Piece[])[] {
  const { steps, step, files, accepted, refused } = progress;
  const done = Math.min(pool.completed.size, files);
  const figures = `  ${done} of ${files} files · ledger: ${accepted} effects` +
    (refused > 0 ? `, ${refused} refused as already done` : "") + ` · ${clock}`;
  const width = Math.max(10, Math.min(28, columns - figures.length - 4));
  const full = files === 0 ? 0 : Math.round(width * done / files);
  return [
    [],
    ...pool.workers.map((worker) => drawWorker(worker, columns)),
    [],
    [["  "], ["━".repeat(full), "green"], ["━".repeat(width - full), "gray"], [figures]],
    [
      ["  "],
      ...steps.flatMap((name, i): Piece[] =>
        i < step
          ? [["✓ ", "green"], [`${name}   `]]
          : i === step
          ? [["▸ ", "yellow"], [`${name}   `, "bold"]]
          : [[`  ${name}   `, "dim"]]
      ),
    ],
  ];
}

function drawWorker(worker: PoolWorker<Job>, columns: number): readonly Piece[] {
  const [sign, style, word] = states[worker.state];
  const head = `  worker ${worker.number}  `;
  const pid = String(worker.pid).padEnd(9);
  const tasks = [...worker.running.values()];
  const each = Math.floor((columns - head.length - pid.length - word.length - 2) / 3) - 4;
  const now = performance.now();
  const pieces = tasks.flatMap(({ job, since }): Piece[] => {
    const share = worker.state === "frozen" ? 0 : (now - since) / Math.max(1, job?.ms ?? 1);
    const level = fill[Math.min(fill.length - 1, Math.floor(share * fill.length))]!;
    const name = shorten(job?.key ?? "", each).padEnd(each);
    return [[level, style], [` ${name}  `, worker.state === "frozen" ? "dim" : undefined]];
  });
  return [[head], [pid, "dim"], [`${sign} `, style], [word, style], ...pieces];
}
