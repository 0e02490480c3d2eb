import { createRelier } from "@relier/core";
import { createApp } from "./app.ts";

const client = createRelier(); // RELIER_REDIS_URL, or redis://127.0.0.1:6379
const port = Number(process.env.PORT ?? 3000);
const server = Bun.serve({ port, fetch: createApp(client, process.env.ADMIN_TOKEN).fetch });
console.log(`listening on http://localhost:${port}`);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, async () => {
    setTimeout(() => void server.stop(true), 5_000).unref(); // A stream has no end.
    await server.stop(); // Answers the requests under way.
    await client.close(); // Sends their pushes.
  });
}
