/**
 * Background pushes on hosts where an invocation ends with its answer: the host waits
 * for their promise.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createRelier, rlTask } from "../../../mod.ts";
import { overHttp } from "../../support/http_port.ts";
import { withRelier } from "../../support/relier.ts";
import { programLine } from "../../support/runtimes.ts";
import { until } from "../../support/until.ts";

const noop = rlTask("until-noop", (n: number) => n);

test(
  "the host is given one promise for all that is pushed in a turn, and it resolves when Redis has it",
  withRelier(async ({ client, queue }) => {
    const works: Promise<unknown>[] = [];
    const rl = client({ tasks: [noop], waitUntil: (work) => void works.push(work) });
    await rl.apush(noop, 0);
    assert.equal(works.length, 0);
    const first = noop.push(1);
    noop.pushMany([[2], [3]]);
    assert.equal(first.acked, false);
    assert.equal(works.length, 1);
    await works[0];
    assert.equal(first.acked, true);
    assert.equal((await queue.stats()).counts.ready, 4);
    noop.push(4);
    assert.equal(works.length, 2);
    await works[1];
    assert.equal((await queue.stats()).counts.ready, 5);
  }),
);

test(
  "an invocation beside another is kept alive by its own pushes, whatever happens to the other",
  withRelier(async ({ client, port, queue }) => {
    const own = port();
    let asked = 0;
    let answer!: () => void;
    const answered = new Promise<void>((resolve) => answer = resolve);
    const works: Promise<unknown>[] = [];
    const rl = client({
      redis: {
        ...own,
        async run(program, ...call) {
          if (program.name === "push" && asked++ === 0) await answered;
          return await own.run(program, ...call);
        },
      },
      waitUntil: (work) => void works.push(work),
    });
    rl.push(noop, 1);
    await until("it is under way", () => asked === 1);
    rl.push(noop, 2);
    assert.equal(works.length, 2);
    await works[1];
    assert.equal((await queue.stats()).counts.ready, 1);
    answer();
    await works[0];
    assert.equal((await queue.stats()).counts.ready, 2);
  }),
);

test(
  "a failed push is reported, and the host's promise resolves all the same",
  withRelier(async ({ client, queue, pushErrors }) => {
    const works: Promise<unknown>[] = [];
    await queue.pause("pushes", "closed for the test");
    const rl = client({ waitUntil: (work) => void works.push(work) });
    rl.push(noop, 1);
    await works[0];
    assert.equal(pushErrors.length, 1);
    await queue.resume();
  }),
);

test(
  "an invocation that has ended makes the push fail, and nothing is sent",
  withRelier(async ({ client, port }) => {
    const http = overHttp(port());
    const waitUntil = () => {
      throw new TypeError("the invocation is over");
    };
    const rl = client({ redis: http.port, waitUntil });
    assert.throws(() => rl.push(noop, 1), /the invocation is over/);
    await rl.flush();
    assert.deepEqual(http.calls, []);
  }),
);

test("waitUntil has to be a function", () => {
  assert.throws(() => createRelier({ waitUntil: {} as never }), /"waitUntil".*function/);
});

test("loading, defining tasks and making a client and a worker has no effect yet", async () => {
  const file = fileURLToPath(new URL("../../support/module_scope_process.ts", import.meta.url));
  const { command, args } = programLine("node", file);
  const { stdout } = await promisify(execFile)(command, args, { timeout: 20_000 });
  assert.equal(stdout, "nothing happened\n");
});
