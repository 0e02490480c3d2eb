import { createRelier } from "@relier/core";
import { createApp } from "./app.ts";

const relier = createRelier(); // RELIER_REDIS_URL, or redis://127.0.0.1:6379
const port = Number(process.env.PORT ?? 3000);
const server = createApp(relier, process.env.TASKS_TOKEN).listen(port, () => {
  console.log(`listening on http://localhost:${port}`);
});

process.once("SIGTERM", () => {
  server.close(() => void relier.close()); // Flushes pending pushes.
});
