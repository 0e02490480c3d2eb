/**
 * The worker that runs a test file: it lists the tests, and runs them one after the
 * other within one request, as a process would.
 *
 * @module
 */

import { skipped } from "../suites.ts";
import { useHost } from "./host.ts";
import { registered } from "./node_test.ts";

/** The outcome of a test, one line of the response each. */
export interface Line {
  readonly name: string;
  /** The reason for a skip. */
  readonly skipped?: string;
  /** The thrown error, with its stack. */
  readonly error?: string;
}

/** A worker that runs the tests which `load` registers. */
export function runnerOf(load: () => Promise<unknown>): {
  fetch(request: Request, env: { readonly HOST: string }): Promise<Response>;
} {
  return {
    async fetch(request, { HOST }) {
      useHost(HOST);
      // The import is not at the top of the module: tests do what workerd forbids there.
      await load();
      if (new URL(request.url).pathname === "/tests") {
        return Response.json(registered.map(({ name }) => name));
      }
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      void run(writable.getWriter());
      // Without compression no proxy holds lines back.
      return new Response(readable, { headers: { "content-encoding": "identity" } });
    },
  };
}

async function run(lines: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
  for (const { name, skip, body } of registered) {
    const said: { skipped?: string; error?: string } = {};
    const reason = skipped(name, "workerd+upstash") ?? skip;
    if (reason !== false) said.skipped = String(reason);
    else {
      const skipHere = (reason = "") => void (said.skipped = reason);
      try {
        await body({ name, skip: skipHere });
      } catch (error) {
        said.error = error instanceof Error ? error.stack ?? String(error) : String(error);
      }
    }
    await lines.write(new TextEncoder().encode(`${JSON.stringify({ name, ...said })}\n`));
  }
  await lines.close();
}
