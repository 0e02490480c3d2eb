/**
 * The lines that are painted anew: who works on what, and how far it is.
 *
 * @module
 */

import type { PoolWorker, WorkerPool } from "../../processes/worker_pool.ts";
import { type Piece, shorten } from "../../terminal/live_screen.ts";
import type { Job } from "./work.ts";

/** How far a run is. */
export interface Progress {
  /** The acts, in order, and which of them it is. */
  readonly acts: readonly string[];
  act: number;
  files: number;
  /** Attempted effects, as the ledger process tells them. */
  accepted: number;
  refused: number;
}

const looks = {
  starting: ["○", "dim", "starting"],
  working: ["●", "green", ""],
  frozen: ["❄", "blue", "stopped  "],
  draining: ["⇄", "cyan", "draining  "],
  gone: ["✖", "red", "killed"],
} as const;
const fill = "▁▂▃▄▅▆▇█";

/** Draws the panel for a screen of `columns`. */
export function drawPanel(
  crew: WorkerPool<Job>,
  progress: Progress,
  clock: string,
  columns: number,
): (readonly Piece[])[] {
  const { acts, act, files, accepted, refused } = progress;
  const done = Math.min(crew.completed.size, files);
  const figures = `  ${done} of ${files} files · ledger: ${accepted} effects` +
    (refused > 0 ? `, ${refused} refused as already done` : "") + ` · ${clock}`;
  const width = Math.max(10, Math.min(28, columns - figures.length - 4));
  const full = files === 0 ? 0 : Math.round(width * done / files);
  return [
    [],
    ...crew.workers.map((member) => drawMember(member, columns)),
    [],
    [["  "], ["━".repeat(full), "green"], ["━".repeat(width - full), "gray"], [figures]],
    [
      ["  "],
      ...acts.flatMap((name, i): Piece[] =>
        i < act
          ? [["✓ ", "green"], [`${name}   `]]
          : i === act
          ? [["▸ ", "yellow"], [`${name}   `, "bold"]]
          : [[`  ${name}   `, "dim"]]
      ),
    ],
  ];
}

function drawMember(member: PoolWorker<Job>, columns: number): readonly Piece[] {
  const [sign, style, word] = looks[member.state];
  const head = `  worker ${member.number}  `;
  const pid = String(member.pid).padEnd(9);
  const tasks = [...member.running.values()];
  const each = Math.floor((columns - head.length - pid.length - word.length - 2) / 3) - 4;
  const now = performance.now();
  const pieces = tasks.flatMap(({ job, since }): Piece[] => {
    const share = member.state === "frozen" ? 0 : (now - since) / Math.max(1, job?.workMs ?? 1);
    const level = fill[Math.min(fill.length - 1, Math.floor(share * fill.length))]!;
    const name = shorten(job?.file ?? "", each).padEnd(each);
    return [[level, style], [` ${name}  `, member.state === "frozen" ? "dim" : undefined]];
  });
  return [[head], [pid, "dim"], [`${sign} `, style], [word, style], ...pieces];
}
