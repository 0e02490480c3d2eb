/**
 * Times of a large dead-letter queue: reading all of it, and releasing all of it.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { createWorker, Discard, type Queue, rlTask } from "../../../mod.ts";
import type { Lab } from "./lab.ts";
import { ofRounds, type Result } from "./result.ts";

const many = 50_000;
const queue = "dead-letters";
/** Tasks of one push, of one page, and of one release. */
const [perPush, perPage, perRelease] = [1_000, 200, 1_000];
const pollMs = 20;

/** Lists and releases {@linkcode many} dead tasks. */
export async function deadLetters(lab: Lab): Promise<Result[]> {
  lab.progress.step("dead letters", `${many} tasks`);
  const relier = lab.client({ tasks: [] });
  const letters = relier.queue(queue);
  await bury(lab, letters);
  let began = performance.now();
  const ids = await list(letters);
  const listed = performance.now() - began;
  if (ids.length !== many) throw new Error(`Cannot list ${many} dead tasks: found ${ids.length}`);
  began = performance.now();
  for (let i = 0; i < many; i += perRelease) await letters.release(ids.slice(i, i + perRelease));
  const released = performance.now() - began;
  const { counts } = await letters.stats();
  if (counts.ready !== many) throw new Error(`Released ${counts.ready} of ${many} dead tasks`);
  await relier.close();
  return [
    ofRounds(`listing ${many.toLocaleString("en")} dead tasks`, "ms", [listed]),
    ofRounds(`releasing ${many.toLocaleString("en")} dead tasks`, "ms", [released]),
  ];
}

/** Runs tasks that end dead. */
async function bury(lab: Lab, letters: Queue): Promise<void> {
  const task = rlTask("dead-letter", { queue, replace: true }, () => {
    throw new Discard("not deliverable");
  });
  const relier = lab.client({ tasks: [task] });
  const rows = Array.from({ length: perPush }, (): [] => []);
  for (let i = 0; i < many; i += perPush) await task.apushMany(rows);
  const options = { queues: [queue], concurrency: 200, handleSignals: false };
  const worker = createWorker(relier, options);
  await worker.start();
  while ((await letters.stats()).counts.dead < many) {
    await sleep(pollMs, undefined, { signal: lab.signal });
  }
  await worker.drain();
  await relier.close();
}

/** The ids of all dead tasks. */
async function list(letters: Queue): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page = await letters.page("dead", { cursor, limit: perPage });
    ids.push(...page.tasks.map(({ id }) => id));
    cursor = page.cursor;
  }
  return ids;
}
