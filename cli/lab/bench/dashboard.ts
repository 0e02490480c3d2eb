/**
 * Times of the pages of the dashboard over many tasks and 30 days of history, while tasks run and
 * die. Requests do not use a network.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { dashboard as dashboardOf } from "../../../adapters/hono.ts";
import { createWorker, Discard, type Relier, rlTask } from "../../../mod.ts";
import { percentile } from "../spread.ts";
import { fillHistory } from "./fill_history.ts";
import type { Lab } from "./lab.ts";
import type { Result } from "./result.ts";

const queues = ["billing", "emails", "imports", "media"];
const live = "live";
/** Tasks in all queues, by the effort; with the usual one 100,000. */
const tasksPerEffort = 12.5;
const [perPush, rounds, pauseMs, pushMs] = [1_000, 50, 15, 100];

/** The pages by name; `<task>` and `<group>` stand for those that a list links to. */
const paths = {
  overview: "/",
  "overview, 24 h": "/?range=24h",
  "overview, 30 d": "/?range=30d",
  tasks: "/tasks",
  "ready tasks": "/tasks?state=ready",
  "completed tasks": "/tasks?state=completed",
  "one task": "<task>",
  "task types": "/types",
  "one task type, 30 d": "/types/billing-task?range=30d",
  queues: "/queues",
  "one queue, 30 d": "/queues/billing?range=30d",
  workers: "/workers",
  "dead letters": "/dlq",
  "dead letters of a group": "<group>",
  recovery: "/phoenix",
  admission: "/admission",
};

const nameOf = (page: string): string => `dashboard: ${page}, p95`;
/** The names of the results. */
export const pageResults: readonly string[] = Object.keys(paths).map(nameOf);

interface Row {
  readonly n: number;
  readonly dies?: boolean;
}

const kinds = queues.map((queue) =>
  rlTask(`${queue}-task`, { queue, replace: true }, ({ n, dies }: Row) => {
    if (dies) throw new Discard(`card ${n} declined: ${["timeout", "limit", "fraud"][n % 3]}`);
  })
);
const lively = rlTask("live-task", { queue: live, replace: true }, ({ n, dies }: Row) => {
  if (dies) throw new Discard(`no answer for ${n}`);
});
const held = rlTask("held-task", { queue: live, replace: true }, async (ms: number) => {
  await sleep(ms, undefined, { ref: false });
});

/** Opens each page {@linkcode rounds} times, in turns. */
export async function dashboard(lab: Lab): Promise<Result[]> {
  const many = Math.round(lab.effort.tasks * tasksPerEffort);
  lab.progress.step("dashboard", `${many.toLocaleString("en")} tasks`);
  const relier = lab.client({ tasks: [...kinds, lively, held] });
  await fill(lab, relier, many);
  const worker = createWorker(relier, { queues: [live], concurrency: 10, handleSignals: false });
  await worker.start();
  for (let i = 0; i < 4; i++) await held.apush(3_600_000);
  let n = 0;
  const pushing = setInterval(() => {
    for (let i = 0; i < 6; i++) lively.apush({ n: n++, dies: i === 0 }).catch(() => {});
  }, pushMs);
  try {
    return await measure(lab, relier);
  } finally {
    clearInterval(pushing);
    await worker.drain({ timeout: 1_000 });
    await relier.close();
  }
}

/** Six tenths are completed, two ready, one scheduled and one dead. */
async function fill(lab: Lab, relier: Relier, many: number): Promise<void> {
  const push = async (share: number, dies = false, delay?: "1h"): Promise<void> => {
    for (const kind of kinds) {
      const total = Math.round(many * share / kinds.length);
      for (let from = 0; from < total; from += perPush) {
        const length = Math.min(perPush, total - from);
        const rows = Array.from({ length }, (_, i): [Row] => [{ n: from + i, dies }]);
        await kind.apushMany(rows, delay ? { delay } : {});
      }
    }
  };
  await push(0.6);
  await push(0.1, true);
  const worker = createWorker(relier, { queues, concurrency: 200, handleSignals: false });
  await worker.start();
  for (const queue of queues) {
    const isOpen = async (): Promise<boolean> => {
      const { counts } = await relier.queue(queue).stats();
      return counts.ready + counts.running > 0;
    };
    while (await isOpen()) await sleep(50, undefined, { signal: lab.signal });
  }
  await worker.drain();
  await push(0.2);
  await push(0.1, false, "1h");
  const names = kinds.map(({ name }) => name);
  for (const queue of queues) await fillHistory(lab.url, lab.prefix, queue, names);
}

async function measure(lab: Lab, relier: Relier): Promise<Result[]> {
  const app = dashboardOf(relier, { auth: () => ({ role: "operator", name: "bench" }) });
  const open = async (path: string): Promise<string> => {
    const response = await app.request(`http://localhost${path}`);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`Cannot open ${path}: ${response.status}`);
    return text;
  };
  const linkIn = (text: string, to: string): string => {
    const link = new RegExp(`href="(${to}[^"]+)"`).exec(text)?.[1];
    if (link === undefined) throw new Error(`Cannot find a link to ${to}`);
    return `/${link.replaceAll("&amp;", "&")}`;
  };
  const links: Readonly<Record<string, string>> = {
    "<task>": linkIn(await open("/tasks?state=ready"), "tasks/"),
    "<group>": linkIn(await open("/dlq?queue=billing"), "dlq/group"),
  };
  const pages = Object.entries(paths).map(([page, path]) => ({
    page,
    path: links[path] ?? path,
    ms: [] as number[],
  }));
  for (let round = -1; round < rounds; round++) {
    for (const { path, ms } of pages) {
      await sleep(pauseMs, undefined, { signal: lab.signal });
      const began = performance.now();
      await open(path);
      // The first request compiles the page.
      if (round >= 0) ms.push(performance.now() - began);
    }
  }
  return pages.map(({ page, ms }) => {
    const sorted = ms.toSorted((a, b) => a - b);
    const spread = [sorted[0]!, sorted.at(-1)!] as const;
    const value = percentile(sorted, 0.95);
    return { name: nameOf(page), unit: "ms", value, spread, peers: {}, ratio: {} };
  });
}
