/**
 * The dashboard on a server of HTTP/2, whose requests have no Host field.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import { test } from "node:test";
import { dashboard } from "../../../adapters/hono.ts";
import { nodeHandler } from "../../../adapters/http/node_server.ts";
import { withQueue } from "../../support/browse.ts";
import { bounded } from "../../support/until.ts";

interface Answer {
  readonly headers: IncomingHttpHeaders & { readonly ":status"?: number };
  readonly text: string;
}

/** Sends a request; resolves with its first bytes if `once`, else with all of its body. */
function ask(
  client: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string,
  once = false,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = client.request(headers);
    let [seen, text] = [{}, ""];
    const end = (): void => resolve({ headers: seen, text });
    stream.setEncoding("utf8").on("response", (given) => seen = given).on("error", reject)
      .on("end", end).on("data", (chunk: string) => {
        text += chunk;
        if (!once) return;
        end();
        stream.close();
      });
    stream.end(body);
  });
}

test(
  "pages, live pages and forms work over HTTP/2, and a form of another site is refused",
  withQueue(async ({ rl, queue }) => {
    const app = dashboard(rl, { auth: () => "admin" });
    const handle = nodeHandler(app.fetch) as unknown as Parameters<typeof createServer>[1];
    const server = createServer({}, handle);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const origin = `http://127.0.0.1:${port}`;
    const client = connect(origin);
    try {
      const page = await ask(client, { ":path": "/queues" });
      assert.equal(page.headers[":status"], 200);
      assert.match(page.text, /default/);
      const live = await bounded(
        "the first event",
        ask(client, { ":path": "/live/queues" }, undefined, true),
      );
      assert.equal(live.headers[":status"], 200, "no header of HTTP/1.1 is in the way");
      assert.match(live.text, /retry: 2000/);
      const pause = async (from: string): Promise<number | undefined> => {
        const headers = {
          ":path": "/act/queue.pause",
          ":method": "POST",
          "content-type": "application/x-www-form-urlencoded",
          origin: from,
        };
        return (await ask(client, headers, "queue=default&what=claims")).headers[":status"];
      };
      assert.equal(await pause("null"), 403);
      assert.equal(await pause("http://evil.test"), 403);
      assert.equal((await queue.stats()).paused.claims, null);
      assert.equal(await pause(origin), 303);
      assert.notEqual((await queue.stats()).paused.claims, null);
      await queue.resume();
    } finally {
      client.destroy();
      server.close();
    }
  }),
);
