import { createRelier } from "@relier/core";
import { createApp } from "./app.ts";

const client = createRelier(); // RELIER_REDIS_URL, or redis://127.0.0.1:6379
const port = Number(Deno.env.get("PORT") ?? 3000);
const aborted = new AbortController();
const server = Deno.serve(
  { port, signal: aborted.signal },
  createApp(client, Deno.env.get("ADMIN_TOKEN")).fetch,
);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.addSignalListener(signal, async () => {
    Deno.unrefTimer(setTimeout(() => aborted.abort(), 5_000)); // A stream has no end.
    await server.shutdown(); // Answers the requests under way.
    await client.close(); // Sends their pushes.
    Deno.exit();
  });
}
