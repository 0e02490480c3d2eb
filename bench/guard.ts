/**
 * The guard: a short form of `rl bench`, compared with the committed results. Fails if a
 * rate falls by more than the tolerance, relative to the floor and to BullMQ, three times in
 * a row: a single miss may be noise of the machine.
 *
 * @module
 */

import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Fall } from "../cli/lab/bench/compare.ts";
import type { Effort } from "../cli/lab/bench/effort.ts";
import type { Series } from "../cli/lab/bench/series.ts";

/** Loads a compiled module, as a user runs it: a loader of TypeScript slows some code down. */
function compiled(name: string): Promise<unknown> {
  return import(new URL(`../dist/cli/lab/bench/${name}.js`, import.meta.url).href);
}

const { fallsOf, readEarlier } = await compiled(
  "compare",
) as typeof import("../cli/lab/bench/compare.ts");
const { fullEffort } = await compiled("effort") as typeof import("../cli/lab/bench/effort.ts");
const { openLab } = await compiled("lab") as typeof import("../cli/lab/bench/lab.ts");
const { createProgress } = await compiled(
  "progress",
) as typeof import("../cli/lab/bench/progress.ts");
const { push } = await compiled("push") as typeof import("../cli/lab/bench/push.ts");
const { measureSeries } = await compiled("series") as typeof import("../cli/lab/bench/series.ts");
const { throughput } = await compiled(
  "throughput",
) as typeof import("../cli/lab/bench/throughput.ts");

const tolerance = 0.15;
/** The measurements in a row that a ratio has to fail. */
const most = 3;
const effort: Effort = {
  ...fullEffort,
  concurrency: [1, 50, 100],
  kills: 0,
  extended: false,
  entrants: ["relier", "floor", "bullmq"],
};
const names = [
  "push, 100 at once",
  "push, batches of 1000",
  ...effort.concurrency.map((slots) => `no-op tasks, concurrency ${slots}`),
];

/** The series to measure, with their rates only: the other figures follow from them. */
function seriesOf(): Series[] {
  return [...push(effort), ...throughput(effort)]
    .filter(({ title }) => names.includes(title))
    .map((series) => ({
      ...series,
      figures: series.figures.filter(({ name }) => name === series.title),
    }));
}

async function guard(path: string): Promise<boolean> {
  const earlier = readEarlier(path);
  const all = seriesOf();
  const steps = all.length * effort.rounds * effort.entrants.length;
  const progress = createProgress(steps, process.stderr, (text) => console.log(text));
  const { signal } = new AbortController();
  const lab = await openLab({ url: undefined, effort, progress, signal });
  const measured = async (series: readonly Series[]): Promise<Fall[]> => {
    const falls: Fall[] = [];
    for (const each of series) {
      const results = await measureSeries(lab, each);
      const found = both(fallsOf(earlier, results, tolerance));
      for (const { name, ratio } of results) {
        const shown = Object.entries(ratio).map(([to, value]) => `${value.toFixed(2)} of ${to}`);
        progress.note(`${found.length > 0 ? "FELL" : "ok  "} ${name}: ${shown.join(", ")}`);
      }
      falls.push(...found);
    }
    return falls;
  };
  try {
    let falls = await measured(all);
    for (let tries = 1; tries < most && falls.length > 0; tries++) {
      progress.note("measuring the ratios that fell once more");
      const suspects = new Set(falls.map(({ name }) => name));
      falls = await measured(all.filter(({ title }) => suspects.has(title)));
    }
    for (const { name, to, before, now } of falls) {
      progress.note(`${name}: ${now.toFixed(2)} of ${to}, committed ${before.toFixed(2)}`);
    }
    return falls.length === 0;
  } finally {
    progress.close();
    await lab.close();
  }
}

/** The falls of figures that fell to the floor and to BullMQ: one alone is noise of the other. */
function both(falls: readonly Fall[]): Fall[] {
  return falls.filter(({ name }) => falls.filter((each) => each.name === name).length > 1);
}

const committed = fileURLToPath(new URL("results.json", import.meta.url));
if (existsSync(committed)) process.exitCode = await guard(committed) ? 0 : 1;
else console.log("bench/results.json is absent: there is nothing to compare with");
