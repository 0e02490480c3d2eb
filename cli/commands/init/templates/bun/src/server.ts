import { createRelier } from "@relier/core";
import { createApp } from "./app.ts";

const relier = createRelier(); // RELIER_REDIS_URL, or redis://127.0.0.1:6379
const port = Number(process.env.PORT ?? 3000);
Bun.serve({ port, fetch: createApp(relier, process.env.TASKS_TOKEN) });
