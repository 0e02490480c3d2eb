/**
 * A Redis that does not answer, refuses the login, or starts later than the worker.
 *
 * @module
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startRedis } from "../support/redis.ts";
import { freePort, type RedisServer } from "../support/server.ts";
import { rl } from "../support/rl.ts";
import { until } from "../support/until.ts";

const tasks = fileURLToPath(new URL("../support/harmful_tasks.ts", import.meta.url));
let server: RedisServer;
before(async () => {
  server = await startRedis();
  await server.cli("CONFIG", "SET", "requirepass", "right");
});
after(() => server.kill());

const nowhere = async (): Promise<string> => `redis://127.0.0.1:${await freePort()}`;
/** The URL of the server with a login. */
const as = (login: string): string => server.url.replace(/\/\/(.*@)?/, `//${login}`);

test("a refused connection is reported as one, with what to do, and not tried for seconds", async () => {
  const url = await nowhere();
  for (const line of [["status"], ["tasks", "push", "x"], ["queues", "pause", "x"]]) {
    const { exit, stderr } = await rl(line, { url });
    assert.equal(exit, 3);
    assert.match(
      stderr,
      /^error: Cannot reach Redis at redis:.* \(RELIER_REDIS_URL\): no connection \(ECONNREFUSED\) \[/,
    );
    assert.match(
      stderr,
      /\nhint: {2}start it, set RELIER_REDIS_URL, pass --url, or run "rl doctor"\n$/,
    );
  }
  const { exit, stdout } = await rl(["doctor"], { url });
  assert.equal(exit, 3);
  assert.match(stdout, /✗ redis +cannot be reached: no connection \(ECONNREFUSED\)\n +start it/);
});

test("a refused login says what is wrong with the password, in every command", async () => {
  for (
    const [login, word, fix] of [
      ["", "NOAUTH", /put user and password into the URL: redis:\/\/user:password@host:port/],
      [":wrong-one@", "WRONGPASS", /correct user and password in the URL/],
    ] as const
  ) {
    for (const line of [["status"], ["tasks"], ["worker", "start", tasks]]) {
      const { exit, stderr } = await rl(line, { url: as(login) });
      assert.equal(exit, 3);
      assert.match(stderr, new RegExp(`^error: .*Redis answered ${word}.*\\nhint: {2}`));
      assert.match(stderr.split("\n")[1]!, fix);
      assert.doesNotMatch(stderr, /wrong-one/);
    }
  }
});

test("workers wait for a Redis that starts later, with one line, and --no-wait does not", async () => {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  assert.equal((await rl(["worker", "start", tasks, "--no-wait"], { url })).exit, 3);
  let send!: (signal: "SIGTERM") => void;
  let said!: () => string;
  const run = rl(["worker", "start", tasks, "--health-port", "0"], {
    url,
    started: (...given) => [send, said] = given,
  });
  await until("it waits", () => said().includes("waiting for it"));
  const late = await startRedis({ port });
  try {
    await until("it is ready", () => said().includes("1 worker ready"), 20_000);
    send("SIGTERM");
    assert.equal((await run).exit, 0);
    assert.equal(said().match(/waiting for it/g)!.length, 1);
    assert.match(said(), /Redis answers after /);
  } finally {
    await late.kill();
  }
});

test("workers that wait for Redis leave at a signal", async () => {
  let send!: (signal: "SIGTERM") => void;
  let said!: () => string;
  const run = rl(["worker", "start", tasks], {
    url: await nowhere(),
    started: (...given) => [send, said] = given,
  });
  await until("it waits", () => said().includes("waiting for it"));
  send("SIGTERM");
  assert.equal((await run).exit, 143);
});
