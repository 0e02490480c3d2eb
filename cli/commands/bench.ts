/**
 * `rl bench`: measures the engine on this machine, and prints the command that repeats it.
 *
 * @module
 */

import { admission } from "../lab/bench/admission.ts";
import { digits, type Figure } from "../lab/bench/figure.ts";
import { type Lab, openLab, type Where } from "../lab/bench/lab.ts";
import { latency } from "../lab/bench/latency.ts";
import { overhead } from "../lab/bench/overhead.ts";
import { push } from "../lab/bench/push.ts";
import { recovery } from "../lab/bench/recovery.ts";
import { throughput } from "../lab/bench/throughput.ts";
import { type Command, command, type Context } from "../framework/command.ts";
import { CliError } from "../framework/cli_error.ts";
import { choice, integer } from "../framework/option_values.ts";

const benches = { throughput, push, latency, recovery, admission, overhead } as const;
type Benchmark = "all" | keyof typeof benches;
const names = ["all", ...Object.keys(benches)] as Benchmark[];

const args = {
  what: {
    type: "positional",
    default: "all",
    description: "Benchmark: all, throughput, push, latency, recovery, admission, overhead",
  },
  tasks: { type: "string", default: "20000", valueHint: "n", description: "Tasks per round" },
  concurrency: {
    type: "string",
    default: "100",
    valueHint: "n",
    description: "Concurrency of the worker",
  },
  kills: {
    type: "string",
    default: "10",
    valueHint: "n",
    description: "Kills of the recovery benchmark",
  },
  md: { type: "boolean", description: "Print a Markdown table" },
} as const;

const bench: Command<typeof args> = command({
  summary: "Measure throughput, pushes, latency, recovery, admission and telemetry",
  details:
    "Starts a Redis of its own, or uses the one in --url. It never uses a configured Redis, which " +
    "others may need. Works under a prefix of its own and removes it. Exits with 8 if the audit " +
    "finds an inconsistency.",
  examples: ["rl bench", "rl bench throughput --tasks 50000 --concurrency 50", "rl bench all --md"],
  args,
  async run(context): Promise<number> {
    const { args: given, settings, out, signal } = context;
    const what = choice("<what>", given.what, names);
    const effort = {
      tasks: integer("--tasks", given.tasks, { min: 100, max: 1_000_000 }),
      concurrency: integer("--concurrency", given.concurrency, { min: 1, max: 10_000 }),
      kills: integer("--kills", given.kills, { min: 1, max: 10_000 }),
    };
    const url = settings.url.from === "--url" ? settings.url.value : undefined;
    const lab = await openLab(url, effort, signal, (text) => out.note(out.style.dim(text)));
    try {
      const figures = await measure(lab, what);
      const broken = await lab.broken();
      const parts = ["rl bench", what, ...Object.entries(effort).map(([k, v]) => `--${k} ${v}`)];
      const line = [...parts, ...url === undefined ? [] : ["--url …"]].join(" ");
      show(context, figures, await lab.where(), line);
      if (broken.length === 0) return 0;
      throw new CliError(8, `The benchmark left the queues inconsistent: ${broken[0]}`);
    } finally {
      await lab.close();
    }
  },
});

export default bench;

async function measure(lab: Lab, what: Benchmark): Promise<Figure[]> {
  if (what !== "all") return await benches[what](lab);
  const figures: Figure[] = [];
  for (const each of Object.values(benches)) figures.push(...await each(lab));
  return figures;
}

function show(
  { out, args: { md } }: Context<typeof args>,
  figures: readonly Figure[],
  where: Where,
  line: string,
): void {
  out.record({ command: line, ...where, figures }, () => {
    const cells = (figure: Figure) => [
      figure.metric,
      digits(figure.p50),
      digits(figure.p95),
      digits(figure.p99),
      `${digits(figure.min)} – ${digits(figure.max)}`,
      figure.unit,
      String(figure.n),
    ];
    const titles = ["METRIC", "P50", "P95", "P99", "SPREAD", "UNIT", "N"];
    if (md) {
      const row = (texts: readonly string[]): string => `| ${texts.join(" | ")} |`;
      const under = row(titles.map((_, i) => i > 0 && i < 4 ? "--:" : "---"));
      out.line(
        row(titles.map((each) => each.toLowerCase())),
        under,
        ...figures.map((f) => row(cells(f))),
        "",
      );
    } else {
      out.table(
        figures,
        titles.map((title, i) => ({
          title,
          of: (figure: Figure) => cells(figure)[i]!,
          ...(i > 0 && i < 5 && { align: "right" as const }),
        })),
      );
      out.line("");
    }
    const { host, node, redis, persistence } = where;
    out.line(`${host}, Node ${node}, Redis ${redis}, persistence: ${persistence}`, line);
  });
}
