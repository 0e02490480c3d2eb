import type { Relier } from "@relier/core";
import { createApp } from "../src/app.ts";
import { serve } from "./serve.ts";

/** The app on a client of the tests. */
export async function openApp(client: Relier, token: string) {
  const app = createApp(client, token);
  await app.ready();
  return await serve(app.server);
}
