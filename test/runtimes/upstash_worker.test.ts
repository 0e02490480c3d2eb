/**
 * Workers over HTTP: only the lease reveals that one died, and they run
 * wherever there is `fetch`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openWorkerProcesses } from "../support/worker_processes.ts";
import { upstash } from "../../adapters/upstash.ts";
import { createRelier } from "../../mod.ts";
import { scaled } from "../support/machine_speed.ts";
import { programLine } from "../support/runtimes.ts";
import { hold } from "../support/tasks.ts";
import { root } from "../support/tree.ts";
import { until } from "../support/until.ts";
import { withFront } from "../support/upstash_bench.ts";

const run = promisify(execFile);
const program = fileURLToPath(new URL("../support/upstash_program.ts", import.meta.url));

test(
  "the tasks of a worker that was killed run elsewhere once its lease has ended",
  withFront(async ({ front: { url, token }, key: queue }) => {
    const processes = await openWorkerProcesses(`http://${token}@${new URL(url).host}`);
    const rl = createRelier({ redis: upstash({ url, token }) });
    try {
      const worker = { queues: [queue], lease: "1s" as const, concurrency: 3 };
      const first = await processes.startWorker(worker);
      const keys = ["a", "b", "c"];
      const task = hold.with({ queue });
      const handles = await Promise.all(keys.map((each) => task.apush(each, 60_000)));
      await until("all run", () => processes.effectLog.of("start").length === 3);
      const second = await processes.startWorker(worker);
      const killed = performance.now();
      await first.kill();
      await until("all run again", () => processes.effectLog.of("start").length === 6, 10_000);
      const took = performance.now() - killed;
      assert.ok(took > 300 && took < scaled(8_000), `${took} ms`);
      for (const each of keys) second.release(each);
      for (const handle of handles) {
        assert.equal((await handle.result({ timeout: scaled(5_000) })).worker, second.worker);
      }
      const { causes } = await rl.queue(queue).stats();
      assert.deepEqual(causes, { lease: 3 });
    } finally {
      await rl.close();
      await processes.close();
    }
  }),
);

for (const runtime of ["node", "bun", "deno"] as const) {
  test(
    `a task is pushed, run and answered on ${runtime}, though a reply is lost on the way`,
    withFront(async ({ front, key }) => {
      front.fail({ lose: "reply" }, 1, '"shout');
      const { command, args } = programLine(runtime, program, [front.url, front.token, key]);
      const { stdout } = await run(command, [...args], { cwd: root, timeout: scaled(12_000) });
      const pushes = front.requests.filter((each) => JSON.stringify(each).includes("shout"));
      assert.ok(pushes.length > 1, "one was lost");
      assert.deepEqual(JSON.parse(stdout), ["created", "1e3 é\u0000!"]);
    }),
  );
}
