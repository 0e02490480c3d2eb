import type { Relier } from "@relier/core";
import { createApp } from "../src/app.ts";

/** The app on a client of the tests, without a server. */
export async function openApp(client: Relier, token: string) {
  const app = createApp(client, token);
  return {
    send: (method: string, path: string, bearer = "") =>
      app.request(path, { method, headers: { authorization: `Bearer ${bearer}` } }),
    async [Symbol.asyncDispose]() {},
  };
}
