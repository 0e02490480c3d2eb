/**
 * Serves what answers a `Request` on Node.js, as `@hono/node-server` would.
 *
 * @module
 */

import { createServer } from "node:http";
import { Readable } from "node:stream";

/** Serves `answer` on a free port of this machine, and prints its address. */
export function serve(answer: (request: Request) => Response | Promise<Response>): void {
  const server = createServer(async (request, response) => {
    const { method = "GET", url = "/" } = request;
    const body = method === "GET" ? null : Readable.toWeb(request) as ReadableStream;
    const given = new Request(`http://${request.headers.host}${url}`, {
      method,
      body,
      duplex: "half",
    } as RequestInit);
    const { status, headers, body: text } = await answer(given);
    response.writeHead(status, Object.fromEntries(headers));
    for await (const chunk of text ?? []) response.write(chunk);
    response.end();
  });
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as { port: number };
    console.log(`http://127.0.0.1:${port}`);
  });
}
