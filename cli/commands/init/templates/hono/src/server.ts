import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { createRelier } from "@relier/core";
import { createApp } from "./app.ts";
import { listen } from "./listen.ts";

const client = createRelier(); // RELIER_REDIS_URL, or redis://127.0.0.1:6379
const { fetch } = createApp(client, process.env.ADMIN_TOKEN);
listen(createAdaptorServer({ fetch }) as Server, client);
