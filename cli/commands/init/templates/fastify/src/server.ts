import { createRelier } from "@relier/core";
import { createApp } from "./app.ts";

const client = createRelier(); // RELIER_REDIS_URL, or redis://127.0.0.1:6379
const app = createApp(client, process.env.ADMIN_TOKEN);
app.addHook("onClose", () => client.close()); // Sends the pushes of the last requests.

const port = Number(process.env.PORT ?? 3000);
try {
  await app.listen({ port, host: "0.0.0.0" });
  console.log(`listening on http://localhost:${port}`);
} catch (error) {
  console.error(`Cannot start the server: ${(error as Error).message}`);
  process.exit(1);
}
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    void app.close(); // Answers the requests under way.
    setTimeout(() => app.server.closeAllConnections(), 5_000).unref(); // A stream has no end.
  });
}
