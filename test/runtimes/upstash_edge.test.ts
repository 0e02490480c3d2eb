/**
 * One port and one client in workerd, made once and used by many requests at a time.
 * There the awaited work of a request ends with it, its timers too. No other request
 * may have to wait because of that.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createRelier, createWorker, rlTask } from "../../mod.ts";
import { startEdge } from "../support/miniflare.ts";
import { startRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { echo, withFront } from "../support/upstash_bench.ts";
import { startFront } from "../support/upstash_front.ts";

const entry = `
  import { upstash } from "./adapters/upstash.ts";
  const program = ${JSON.stringify(echo)};
  let port;
  export default {
    async fetch(request, { url, token }) {
      port ??= upstash({ url, token, timeoutMs: 2_000 });
      const { searchParams } = new URL(request.url);
      try {
        return new Response(await port.run(program, ["key"], [searchParams.get("text")]));
      } catch (error) {
        return new Response(String(error), { status: 500 });
      }
    },
  };
`;

test(
  "a port of a module answers every request, also after some were cut off during a call",
  withFront(async ({ front: { url, token, fail, requests } }) => {
    const edge = await startEdge({ entry, bindings: { url, token } });
    try {
      const ask = async (text: string, signal?: AbortSignal): Promise<string> => {
        const init = signal ? { signal } : {};
        return await (await fetch(`${edge.url}/?text=${text}`, init)).text();
      };
      const many = async (name: string): Promise<void> => {
        const texts = Array.from({ length: 30 }, (_, i) => `${name}-${i}`);
        assert.deepEqual(await Promise.all(texts.map((text) => ask(text))), texts);
      };
      await many("before");
      for (let round = 1; round <= 3; round++) {
        fail({ silent: true }, Infinity, `stuck-${round}`);
        const leave = new AbortController();
        const stuck = Array.from(
          { length: 8 },
          (_, i) => ask(`stuck-${round}-${i}`, leave.signal).catch(() => "cut off"),
        );
        await until(
          "they are under way",
          () =>
            requests.some(({ commands }) => JSON.stringify(commands).includes(`stuck-${round}`)),
        );
        const beside = many(`beside-${round}`);
        leave.abort();
        assert.deepEqual(new Set(await Promise.all(stuck)), new Set(["cut off"]));
        await beside;
        await many(`after-${round}`);
      }
    } finally {
      await edge.kill();
    }
  }),
);

const results = `
  import { upstash } from "./adapters/upstash.ts";
  import { createRelier } from "./mod.ts";
  let rl;
  export default {
    async fetch(request, { url, token }) {
      rl ??= createRelier({ redis: upstash({ url, token }), prefix: "edge-results", tasks: [] });
      const { searchParams } = new URL(request.url);
      try {
        return Response.json(await rl.handle(searchParams.get("id")).result({ timeout: "30s" }));
      } catch (error) {
        return new Response(String(error), { status: 500 });
      }
    },
  };
`;

test("requests that wait with one client are answered, also when those beside them were answered before or have left", async () => {
  const server = await startRedis();
  const front = await startFront(server.url);
  const bindings = { url: front.url, token: front.token };
  const edge = await startEdge({ entry: results, bindings });
  const ends = new Map<number, () => void>();
  const held = rlTask("edge-held", async (n: number) => {
    await new Promise<void>((resolve) => ends.set(n, resolve));
    return n;
  });
  const rl = createRelier({ redis: server.url, prefix: "edge-results", tasks: [held] });
  const worker = createWorker(rl, { concurrency: 20, handleSignals: false });
  try {
    await worker.start();
    const handles = await held.apushMany(Array.from({ length: 12 }, (_, n) => [n]));
    await until("all of them run", () => ends.size === handles.length);
    const leave = new AbortController();
    const answers = handles.map(async ({ id }, n) => {
      const init = n % 4 === 3 ? { signal: leave.signal } : {};
      return await (await fetch(`${edge.url}/?id=${id}`, init)).text();
    });
    const heard = answers.map((answer) => answer.catch(() => "left"));
    await until("all are asked for", () => {
      const asked = JSON.stringify(front.requests);
      return handles.every(({ id }) => asked.includes(id.slice(-22)));
    });
    leave.abort();
    for (const some of [[4, 0, 8], [5, 1], [9, 2, 6, 10]]) {
      for (const n of some) ends.get(n)!();
      for (const n of some) assert.equal(await heard[n], `${n}`);
    }
    for (const n of [3, 7, 11]) assert.equal(await heard[n], "left");
  } finally {
    for (const end of ends.values()) end();
    await edge.kill();
    await worker.drain();
    await rl.close();
    await front.close();
    await server.kill();
  }
});
