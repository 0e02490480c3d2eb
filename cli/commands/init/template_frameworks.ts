/**
 * Hono and Express: an app with two routes, its server, and how a test reaches it.
 *
 * @module
 */

/** What differs between the frameworks. */
export interface Framework {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly app: string;
  readonly server: string;
  /** How a test reaches the app, and takes leave of it. */
  readonly request: { readonly import: string; readonly open: string; readonly close: string };
}

/** Hono on Node. */
export const hono: Framework = {
  dependencies: { "@hono/node-server": "^2.1.0", hono: "^4.13.0" },
  devDependencies: {},
  app: `import { type Relier, RelierError } from "@relier/core";
import { admission, idempotencyKey, relier } from "@relier/core/hono";
import { Hono } from "hono";
import { sendReceipt } from "./tasks.ts";

/** The routes. A task is in Redis when its route answers. */
export function createApp(client: Relier): Hono {
  const app = new Hono();
  app.use(relier(client)); // Where the tasks of a request go.

  app.post(
    "/receipts/:order",
    idempotencyKey(), // The same answer again for the same Idempotency-Key.
    admission({ queue: "default" }), // 429 while the queue takes no more.
    async (c) => {
      const task = await sendReceipt.apush(c.req.param("order"));
      return c.json({ id: task.id, outcome: task.outcome }, 202);
    },
  );

  app.get("/tasks/:id", async (c) => c.json(await client.handle(c.req.param("id")).status()));

  app.onError((error, c) => {
    if (error instanceof RangeError || RelierError.is(error, "RL_NOT_FOUND")) {
      return c.json({ error: "there is no such task" }, 404);
    }
    console.error(error);
    return c.json({ error: "internal error" }, 500);
  });
  return app;
}
`,
  server: `import { serve } from "@hono/node-server";
import { createRelier } from "@relier/core";
import { createApp } from "./app.ts";

const relier = createRelier(); // RELIER_REDIS_URL, else redis://127.0.0.1:6379
const port = Number(process.env.PORT ?? 3000);
const server = serve({ fetch: createApp(relier).fetch, port }, () => {
  console.log(\`listening on http://localhost:\${port}\`);
});

process.once("SIGTERM", () => {
  server.close(() => void relier.close()); // Flushes what was pushed.
});
`,
  request: {
    import: "",
    open: `  const app = createApp(relier);
  const request = (path: string, method = "GET") => app.request(path, { method });`,
    close: "",
  },
};

/** Express. */
export const express: Framework = {
  dependencies: { express: "^5.1.0" },
  devDependencies: { "@types/express": "^5.0.6" },
  app: `import { type Relier, RelierError } from "@relier/core";
import { admission, idempotencyKey, problems, relier } from "@relier/core/express";
import express, { type ErrorRequestHandler, type Express } from "express";
import { sendReceipt } from "./tasks.ts";

/** The routes. A task is in Redis when its route answers. */
export function createApp(client: Relier): Express {
  const app = express();
  app.use(express.json(), relier(client)); // Where the tasks of a request go.

  app.post(
    "/receipts/:order",
    idempotencyKey(), // The same answer again for the same Idempotency-Key.
    admission({ queue: "default" }), // 429 while the queue takes no more.
    async (request, response) => {
      const task = await sendReceipt.apush(request.params.order);
      response.status(202).json({ id: task.id, outcome: task.outcome });
    },
  );

  app.get("/tasks/:id", async (request, response) => {
    response.json(await client.handle(request.params.id).status());
  });

  const onError: ErrorRequestHandler = (error, _request, response, _next) => {
    if (error instanceof RangeError || RelierError.is(error, "RL_NOT_FOUND")) {
      response.status(404).json({ error: "there is no such task" });
    } else {
      console.error(error);
      response.status(500).json({ error: "internal error" });
    }
  };
  app.use(problems(), onError);
  return app;
}
`,
  server: `import { createRelier } from "@relier/core";
import { createApp } from "./app.ts";

const relier = createRelier(); // RELIER_REDIS_URL, else redis://127.0.0.1:6379
const port = Number(process.env.PORT ?? 3000);
const server = createApp(relier).listen(port, () => {
  console.log(\`listening on http://localhost:\${port}\`);
});

process.once("SIGTERM", () => {
  server.close(() => void relier.close()); // Flushes what was pushed.
});
`,
  request: {
    import: 'import { once } from "node:events";\nimport type { AddressInfo } from "node:net";\n',
    open: `  const server = createApp(relier).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const request = (path: string, method = "GET") =>
    fetch(\`http://127.0.0.1:\${port}\${path}\`, { method });`,
    close: "    server.close();\n",
  },
};
