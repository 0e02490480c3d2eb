import type { Type } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";

/** Serves a module on a port. SIGTERM and Ctrl-C drain the worker, and answer all requests. */
export async function serve(module: Type, port: number): Promise<void> {
  const app = await NestFactory.create(module, { forceCloseConnections: true });
  app.enableShutdownHooks();
  try {
    await app.listen(port);
  } catch (error) {
    console.error(`Cannot start the server: ${(error as Error).message}`);
    process.exit(1);
  }
  console.log(`listening on http://localhost:${port}`);
}
