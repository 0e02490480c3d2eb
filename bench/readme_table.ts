/**
 * Writes the table of benchmarks into the README, from `results.json`: the rows where
 * another queue wins as well. Run by `npm run bench:table`; `npm run check` fails when the
 * table is stale.
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import type { Machine } from "../cli/lab/bench/lab.ts";
import { digits, moreIsBetter, type Result } from "../cli/lab/bench/result.ts";

const results: URL = new URL("results.json", import.meta.url);
const readme: URL = new URL("../README.md", import.meta.url);

/** The rows: the name of a result, and its title in the README. */
const rows: readonly (readonly [name: string, title: string])[] = [
  ...[1, 10, 50, 100].map((slots) =>
    [`no-op tasks, concurrency ${slots}`, `no-op tasks/s, concurrency ${slots}`] as const
  ),
  ["push, one by one", "pushes/s, each awaited"],
  ["push, 100 at once", "pushes/s, 100 producers"],
  ["push, batches of 1000", "pushes/s, batches of 1,000"],
  ["push to handler, idle worker, p50", "push to handler, idle worker, p50, ms"],
  [
    "Redis CPU per lifecycle, concurrency 100",
    "Redis CPU per task, push and run, concurrency 100, µs",
  ],
  ["Node CPU per task, concurrency 100", "Node CPU per task, concurrency 100, µs"],
  ["a waiting task takes", "bytes of a waiting task"],
  ["a running task takes", "bytes of a running task"],
];

const peers = ["bullmq", "bee-queue", "groupmq"] as const;

/** The output of `rl bench --json`. */
interface Report {
  readonly machine: Machine;
  readonly results: readonly Result[];
}

/** The README `text` with the table of `report` between its marks. */
export function withTable(text: string, { machine, results }: Report): string {
  const { host, os, node, redis, versions, command } = machine;
  const cells = (list: readonly string[]): string => `| ${list.join(" | ")} |`;
  const named = peers.map((peer) => `${peer} ${versions[peer] ?? ""}`.trim());
  const table = [
    cells(["", "Relier", "least – greatest", ...named, "floor", "Relier / BullMQ"]),
    cells(["---", ...named.map(() => "--:"), "--:", "--:", "--:", "--:"]),
    ...rows.flatMap(([name, title]) => {
      const result = results.find((each) => each.name === name);
      return result ? [cells([title, ...rowOf(result)])] : [];
    }),
    "",
    `${host}, ${os}, Node ${node}, Redis ${
      redis.split(" ")[0]
    }, without persistence; the best queue`,
    `of a row is bold. Command: \`${command}\`.`,
  ];
  return text.replace(
    /(<!-- bench:begin -->\n)[^]*(<!-- bench:end -->)/,
    (_, begin: string, end: string) => `${begin}\n${table.join("\n")}\n\n${end}`,
  );
}

function rowOf(result: Result): string[] {
  const { value, spread: [least, greatest], peers: others, floor, ratio, unit } = result;
  const values = [value, ...peers.map((peer) => others[peer])];
  const known = values.filter((each) => each !== undefined);
  const best = moreIsBetter(unit) ? Math.max(...known) : Math.min(...known);
  const shown = (each: number | undefined): string =>
    each === best ? `**${digits(each)}**` : digits(each);
  return [
    shown(value),
    `${digits(least)} – ${digits(greatest)}`,
    ...peers.map((peer) => shown(others[peer])),
    digits(floor),
    ratio["bullmq"] === undefined ? "" : ratio["bullmq"].toFixed(2),
  ];
}

/** A text without the widths of its tables and lines, which the formatter chooses. */
function bare(text: string): string {
  return text.replace(/\s+/g, " ").replace(/-{2,}/g, "--");
}

if (process.argv[1]?.endsWith("readme_table.ts")) {
  const text = readFileSync(readme, "utf8");
  const made = withTable(text, JSON.parse(readFileSync(results, "utf8")) as Report);
  if (!process.argv.includes("--check")) writeFileSync(readme, made);
  else if (bare(made) !== bare(text)) {
    console.error("The benchmarks in README.md are stale: run npm run bench:table");
    process.exit(1);
  }
}
