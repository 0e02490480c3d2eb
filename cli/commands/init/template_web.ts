/**
 * Projects on Bun and Deno, with nothing but the server each brings along.
 *
 * @module
 */

import { commonFiles, type Files, json, ourselves, type Project, type Run } from "./project.ts";

/** An app that is a function of a request. */
export const app = `import { AdmissionRejectedError, type Relier, RelierError } from "@relier/core";
import { sendReceipt } from "./tasks.ts";

/** Answers requests. A task is in Redis when its answer leaves. */
export function createApp(relier: Relier): (request: Request) => Promise<Response> {
  async function answer(request: Request): Promise<Response> {
    const [, what, name = ""] = new URL(request.url).pathname.split("/");
    if (request.method === "POST" && what === "receipts" && name !== "") {
      const task = await relier.apush(sendReceipt, decodeURIComponent(name));
      return Response.json({ id: task.id, outcome: task.outcome }, { status: 202 });
    }
    if (request.method === "GET" && what === "tasks") {
      return Response.json(await relier.handle(name).status());
    }
    return Response.json({ error: "not found" }, { status: 404 });
  }

  return (request) =>
    answer(request).catch((error) => {
      if (error instanceof AdmissionRejectedError) {
        const headers = { "retry-after": String(error.retryAfter) };
        return Response.json({ error: error.message }, { status: 429, headers });
      }
      if (error instanceof RangeError || RelierError.is(error, "RL_NOT_FOUND")) {
        return Response.json({ error: "there is no such task" }, { status: 404 });
      }
      console.error(error);
      return Response.json({ error: "internal error" }, { status: 500 });
    });
}
`;

const worker = `import { createRelier, createWorker } from "@relier/core";
import { sendReceipt } from "./tasks.ts";

const relier = createRelier({ tasks: [sendReceipt] });
const worker = createWorker(relier, { concurrency: 10 });
worker.on("error", ({ error }) => console.error(error));
await worker.start(); // SIGTERM drains it, and ends the process.
console.log("working");
`;

/** How the test of an app gets a client and what works for it, and takes leave of them. */
interface Rig {
  readonly import: string;
  readonly open: string;
  readonly start: string;
  readonly close: string;
}

const real: Rig = {
  import: 'import { createRelier, createWorker } from "@relier/core";\n',
  open: `  // Names of its own: a worker that runs beside it does not get these tasks.
  const relier = createRelier({ prefix: "test-" + crypto.randomUUID() });
  const worker = createWorker(relier, { handleSignals: false });
`,
  start: "    await worker.start();\n",
  close: "    await worker.drain();\n    await relier.close();\n",
};

/** The test of an app, under what `define` is called. */
export function testOf(tester: string, define: string, rig: Rig = real): string {
  return `import assert from "node:assert/strict";
${tester}${rig.import}import { createApp } from "../src/app.ts";

${define}("a receipt that is asked for is sent, once", async () => {
${rig.open}  const app = createApp(relier);
  const request = async (path: string, method = "GET") => {
    const response = await app(new Request("http://test" + path, { method }));
    const body = (await response.json()) as { id: string; outcome: string; state: string };
    return { status: response.status, body };
  };
  try {
${rig.start}    const { status, body } = await request("/receipts/o-1", "POST");
    assert.equal(status, 202);
    const result = await relier.handle(body.id).result({ timeout: "5s" });
    assert.deepEqual(result, { order: "o-1", sent: true });
    assert.equal((await request("/receipts/o-1", "POST")).body.outcome, "replayed");
    assert.equal((await request("/tasks/" + body.id)).body.state, "completed");
    assert.equal((await request("/tasks/nonsense")).status, 404);
  } finally {
${rig.close}  }
});
`;
}

/** The files of a project on Bun. */
export function bunFiles(project: Project): Files {
  const run: Run = {
    install: "bun install",
    redis: "bun run dev",
    server: "bun run start",
    worker: "bun run worker",
    test: "bun test",
  };
  return {
    ...commonFiles(project, run),
    "package.json": json({
      name: project.name,
      private: true,
      type: "module",
      scripts: {
        dev: "bun --bun rl cluster up",
        start: "bun src/server.ts",
        worker: "bun src/worker.ts",
      },
      dependencies: { "@relier/core": ourselves },
      devDependencies: { "js-redis-server": "0.3.0" },
    }),
    ".gitignore": "node_modules/\n",
    "src/app.ts": app,
    "src/server.ts": serverOf("Bun.serve({ port, fetch: createApp(relier) });", "process.env.PORT"),
    "src/worker.ts": worker,
    "test/app.test.ts": testOf('import { test } from "bun:test";\n', "test"),
  };
}

/** The files of a project on Deno. */
export function denoFiles(project: Project): Files {
  const may = "--allow-net --allow-env --allow-read --allow-sys";
  const run: Run = {
    install: "deno install",
    redis: "deno task dev",
    server: "deno task start",
    worker: "deno task worker",
    test: "deno task test",
  };
  return {
    ...commonFiles(project, run),
    "deno.json": json({
      tasks: {
        dev: "deno run -A npm:@relier/core/rl cluster up",
        start: `deno run ${may} src/server.ts`,
        worker: `deno run ${may} src/worker.ts`,
        test: `deno test ${may}`,
      },
      imports: { "@relier/core": `npm:@relier/core@${ourselves}` },
      nodeModulesDir: "auto",
    }),
    ".gitignore": "node_modules/\n",
    "src/app.ts": app,
    "src/server.ts": serverOf(
      "Deno.serve({ port }, createApp(relier));",
      'Deno.env.get("PORT")',
    ),
    "src/worker.ts": worker,
    "test/app_test.ts": testOf("", "Deno.test"),
  };
}

function serverOf(serve: string, port: string): string {
  return `import { createRelier } from "@relier/core";
import { createApp } from "./app.ts";

const relier = createRelier(); // RELIER_REDIS_URL, else redis://127.0.0.1:6379
const port = Number(${port} ?? 3000);
${serve}
`;
}
