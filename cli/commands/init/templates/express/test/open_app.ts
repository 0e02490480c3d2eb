import { createServer } from "node:http";
import type { Relier } from "@relier/core";
import { createApp } from "../src/app.ts";
import { serve } from "./serve.ts";

/** The app on a client of the tests. */
export function openApp(client: Relier, token: string) {
  return serve(createServer(createApp(client, token)));
}
