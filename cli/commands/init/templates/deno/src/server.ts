import { createRelier } from "@relier/core";
import { createApp } from "./app.ts";

const relier = createRelier(); // RELIER_REDIS_URL, or redis://127.0.0.1:6379
const port = Number(Deno.env.get("PORT") ?? 3000);
Deno.serve({ port }, createApp(relier, Deno.env.get("TASKS_TOKEN")));
