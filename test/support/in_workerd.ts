/**
 * Runs the test file that `RELIER_TEST_FILE` names inside workerd, and reports each
 * test in this process. A test asks the host over HTTP for the rest, such as a direct
 * look into Redis.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import process from "node:process";
import { after, test } from "node:test";
import { Redis } from "ioredis";
import { slowness, slownessVariable } from "./machine_speed.ts";
import { startEdge } from "./miniflare.ts";
import { shared, startRedis } from "./redis.ts";
import { freePort } from "./server.ts";
import { startFront } from "./upstash_front.ts";
import { openWire } from "./wire.ts";
import type { Line } from "./workerd/entry.ts";
import { deserialize, serialize } from "./workerd/serialization.ts";

const file = process.env["RELIER_TEST_FILE"];
if (file === undefined) throw new Error("Cannot run: RELIER_TEST_FILE names no file of tests");

const things = new Map<string, object>();
const url = await shared();
const front = await startFront(url);
things.set("admin", new Redis(url));
things.set("host", {
  engine: () => ({ url, front: { url: front.url, token: front.token } }),
  freePort,
  openBench,
  async subscribe(channel: string) {
    const id = `subscriber ${things.size}`;
    const client = new Redis(url);
    things.set(id, client);
    await client.subscribe(channel);
    return id;
  },
});

const host = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (text: string) => body += text);
  request.on("end", async () => {
    const { on, name, args } = deserialize(body) as { on: string; name: string; args: unknown[] };
    const answer = await Promise.resolve()
      .then(() => (things.get(on) as any)[name](...args))
      .then((value) => ({ value }), (error) => ({ error: String(error) }));
    response.end(serialize(answer));
  });
});
await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
const { port } = host.address() as { port: number };

const edge = await startEdge({
  entry: `import { runnerOf } from "./test/support/workerd/entry.ts";
    export default runnerOf(() => import("./${file}"));`,
  bindings: { HOST: `http://127.0.0.1:${port}`, [slownessVariable]: String(slowness()) },
  nodejs: true,
  replace: {
    "node:test": "test/support/workerd/node_test.ts",
    "engines.ts": "test/support/workerd/engines.ts",
    "support/redis.ts": "test/support/workerd/missing.ts",
    "support/server.ts": "test/support/workerd/missing.ts",
    "runtimes.ts": "test/support/workerd/missing.ts",
    "node:child_process": "test/support/workerd/missing.ts",
    "node:worker_threads": "test/support/workerd/missing.ts",
    "ioredis": "test/support/workerd/missing.ts",
  },
});

const names = await (await fetch(`${edge.url}/tests`)).json() as string[];
const lines = linesOf(await fetch(edge.url));
for (const name of names) {
  test(name, async (t) => {
    const { value, done } = await lines.next();
    assert.ok(!done, "workerd ended before the test did");
    assert.equal(value.name, name);
    if (value.skipped !== undefined) return t.skip(value.skipped);
    if (value.error !== undefined) throw errorWith(value.error);
  });
}
after(() => edge.kill());

/** Opens the things that a test of the port calls by name. */
async function openBench() {
  const bench = `bench ${things.size}`;
  const server = await startRedis();
  const front = await startFront(server.url);
  const wire = await openWire(front.url);
  const inspector = new Redis(server.url);
  inspector.on("error", () => {});
  things.set(`${bench} wire`, wire);
  things.set(bench, {
    admin: ([command, ...args]: string[]) => inspector.call(command!, args),
    dropped: () => wire.dropped,
    async close() {
      inspector.disconnect();
      await wire.close();
      await front.close();
      await server.kill();
    },
  });
  const address = { url: `http://${new URL(wire.url).host}`, token: front.token };
  return { bench, wire: `${bench} wire`, address };
}

async function* linesOf(response: Response): AsyncGenerator<Line, undefined> {
  let unread = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (unread + chunk).split("\n");
    unread = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
  return undefined;
}

/** An error with the stack that it had in workerd. */
function errorWith(stack: string): Error {
  const error = new Error(stack.split("\n")[0]!);
  error.stack = stack;
  return error;
}
