import type { Server } from "node:http";
import type { Relier } from "@relier/core";

/** Serves on PORT. SIGTERM and Ctrl-C end the process once all requests are answered. */
export function listen(server: Server, client: Relier): void {
  const port = Number(process.env.PORT ?? 3000);
  server.once("error", (error) => {
    console.error(`Cannot start the server: ${error.message}`);
    process.exit(1);
  });
  server.listen(port, () => console.log(`listening on http://localhost:${port}`));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      server.close(() => void client.close()); // Sends the pushes of the last requests.
      setTimeout(() => server.closeAllConnections(), 5_000).unref(); // A stream has no end.
    });
  }
}
