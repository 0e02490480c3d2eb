import { createServer } from "node:http";
import { createRelier } from "@relier/core";
import { createApp } from "./app.ts";
import { listen } from "./listen.ts";

const client = createRelier(); // RELIER_REDIS_URL, or redis://127.0.0.1:6379
listen(createServer(createApp(client, process.env.ADMIN_TOKEN)), client);
