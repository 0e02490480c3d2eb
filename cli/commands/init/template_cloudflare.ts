/**
 * A project on Cloudflare Workers: it reaches Redis over HTTP, and a schedule
 * has it do the work itself.
 *
 * @module
 */

import {
  type Files,
  json,
  ourselves,
  type Project,
  shell,
  strict,
  taskFiles,
  titleOf,
} from "./project.ts";
import { app, testOf } from "./template_web.ts";

/** The files of a project on Cloudflare Workers. */
export function cloudflareFiles(project: Project): Files {
  const { name } = project;
  return {
    ...taskFiles(),
    "README.md": readme(project),
    "package.json": json({
      name,
      private: true,
      type: "module",
      scripts: {
        dev: "wrangler dev",
        deploy: "wrangler deploy",
        test: "node --import tsx --test --test-force-exit test/app.test.ts",
        check: "tsc",
      },
      dependencies: { "@relier/core": ourselves, "@upstash/redis": "^1.39.0" },
      devDependencies: {
        "@types/node": "^22.0.0",
        "js-redis-server": "0.3.0",
        tsx: "^4.20.0",
        typescript: "^5.9.0",
        wrangler: "^4.80.0",
      },
    }),
    "tsconfig.json": json({
      compilerOptions: strict,
      include: ["src", "test", "relier.config.ts"],
    }),
    "wrangler.jsonc": wrangler(name),
    ".dev.vars": "UPSTASH_URL=https://<name>.upstash.io\nUPSTASH_TOKEN=<token>\n",
    ".gitignore": "node_modules/\n.wrangler/\n.dev.vars\n",
    "src/app.ts": app,
    "src/index.ts": index,
    "test/app.test.ts": testOf('import { test } from "node:test";\n', "test", {
      import: `import { createTestRelier } from "@relier/core/testing";\n`,
      open: `  // A Redis in memory, where each push waits until its task has run.
  const relier = await createTestRelier({ mode: "inline" });
`,
      start: "",
      close: "    await relier.close();\n",
    }),
  };
}

function readme(project: Project): string {
  const { pm } = project;
  const run = `${pm} run`;
  return `${titleOf(project)}
${
    shell(
      [`${pm} install`],
      [`${run} test`, "on a Redis in memory"],
      [`${run} dev`, "http://localhost:8787, on the database that .dev.vars names"],
    )
  }
${
    shell(
      ["curl -X POST localhost:8787/receipts/o-1", "202, and the id of the task"],
      ["curl localhost:8787/cdn-cgi/handler/scheduled", "work now, as the schedule does"],
      ["curl localhost:8787/tasks/<id>", "where it stands"],
    )
  }
The database is one of [Upstash](https://upstash.com): put its REST URL and token into \`.dev.vars\`,
and for production type \`wrangler secret put UPSTASH_URL\` and the same for \`UPSTASH_TOKEN\`.

Each minute the schedule in \`wrangler.jsonc\` has the Worker do what waits. Where a minute is too
long, run \`rl worker start\` on any machine, with the database's \`rediss://\` URL as
\`RELIER_REDIS_URL\`: both may work at once.
`;
}

function wrangler(name: string): string {
  return `{
  "name": ${JSON.stringify(name)},
  "main": "src/index.ts",
  "compatibility_date": "2026-03-01",
  // taskContext() rests on its AsyncLocalStorage.
  "compatibility_flags": ["nodejs_compat"],
  "triggers": { "crons": ["* * * * *"] }
}
`;
}

const index = `import { createRelier, createWorker, type Relier } from "@relier/core";
import { upstash } from "@relier/core/upstash";
import { createApp } from "./app.ts";
import { sendReceipt } from "./tasks.ts";

interface Env {
  readonly UPSTASH_URL: string;
  readonly UPSTASH_TOKEN: string;
}

interface Invocation {
  waitUntil(work: Promise<unknown>): void;
}

/** A client for one invocation: what one has begun to wait for, another may not go on with. */
function clientOf({ UPSTASH_URL: url, UPSTASH_TOKEN: token }: Env, invocation: Invocation): Relier {
  return createRelier({
    redis: upstash({ url, token }),
    tasks: [sendReceipt],
    waitUntil: (work) => invocation.waitUntil(work),
  });
}

export default {
  fetch(request: Request, env: Env, invocation: Invocation): Promise<Response> {
    return createApp(clientOf(env, invocation))(request);
  },

  /** Does what waits, for a while. What is cut off is brought back by a later one. */
  async scheduled(_event: unknown, env: Env, invocation: Invocation): Promise<void> {
    const worker = createWorker(clientOf(env, invocation), { handleSignals: false });
    const { completed, more } = await worker.tick({ budget: "25s", max: 100 });
    console.log(completed, more ? "completed, and something is left" : "completed");
  },
};
`;
