/**
 * One port in workerd, made once and used by many requests at a time: there what
 * a request awaits ends with it, and others must not be kept waiting by that.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { startEdge } from "../support/miniflare.ts";
import { until } from "../support/until.ts";
import { echo, withFront } from "../support/upstash_bench.ts";

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
  "a port of a module answers every request, also after some were cut off with a call under way",
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
