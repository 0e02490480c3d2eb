/**
 * Projects on Node, with either framework.
 *
 * @module
 */

import { express, type Framework, hono } from "./template_frameworks.ts";
import {
  commonFiles,
  type Files,
  json,
  ourselves,
  type Project,
  type Run,
  strict,
} from "./project.ts";

/** The files of a project with Hono or Express. */
export function nodeFiles(project: Project): Files {
  const { name, template, pm } = project;
  const { app, server, request, dependencies, devDependencies } = template === "hono"
    ? hono
    : express;
  const npm = pm === "deno" ? "npm" : pm;
  const run: Run = {
    install: `${npm} install`,
    redis: `${npm} run dev`,
    server: `${npm} start`,
    worker: `${npm} run worker`,
    test: `${npm} run test`,
  };
  return {
    ...commonFiles(project, run),
    "package.json": json({
      name,
      private: true,
      type: "module",
      scripts: {
        dev: "rl cluster up",
        start: "node --import tsx src/server.ts",
        worker: "rl worker start",
        test: "node --import tsx --test --test-force-exit test/app.test.ts",
        check: "tsc",
      },
      dependencies: { "@relier/core": ourselves, ...dependencies, tsx: "^4.20.0" },
      devDependencies: {
        ...devDependencies,
        "@types/node": "^22.0.0",
        "js-redis-server": "0.3.0",
        typescript: "^5.9.0",
      },
    }),
    "tsconfig.json": json({
      compilerOptions: strict,
      include: ["src", "test", "relier.config.ts"],
    }),
    ".gitignore": "node_modules/\n",
    "src/app.ts": app,
    "src/server.ts": server,
    "test/app.test.ts": testOf(request),
  };
}

function testOf({ import: imports, open, close }: Framework["request"]): string {
  return `import assert from "node:assert/strict";
${imports}import { test } from "node:test";
import { createRelier, createWorker } from "@relier/core";
import { createApp } from "../src/app.ts";

test("a receipt that is asked for is sent, once", async () => {
  // Names of its own: a worker that runs beside it does not get these tasks.
  const relier = createRelier({ prefix: \`test-\${process.pid}\` });
  const worker = createWorker(relier, { handleSignals: false });
${open}
  try {
    await worker.start();
    const response = await request("/receipts/o-1", "POST");
    assert.equal(response.status, 202);
    const { id } = (await response.json()) as { id: string };
    assert.deepEqual(await relier.handle(id).result({ timeout: "5s" }), { order: "o-1", sent: true });

    const again = (await (await request("/receipts/o-1", "POST")).json()) as { outcome: string };
    assert.equal(again.outcome, "replayed");
    const status = (await (await request(\`/tasks/\${id}\`)).json()) as { state: string };
    assert.equal(status.state, "completed");
    assert.equal((await request("/tasks/nonsense")).status, 404);
  } finally {
    await worker.drain();
    await relier.close();
${close}  }
});
`;
}
