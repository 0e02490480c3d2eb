/**
 * The dashboard in an app of Express, over real HTTP.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import express from "express";
import { dashboard } from "../../../adapters/express.ts";
import { withRelier } from "../../support/relier.ts";

test(
  "it is mounted in an app of Express behind a parser of forms, which passes on the user",
  withRelier(async ({ rl, queue }) => {
    await queue.pause("claims", "to have a queue");
    const app = express().use(express.urlencoded({ extended: false }));
    app.use(
      "/admin/rl",
      dashboard(rl, {
        auth: (req) => req.get("x-user") ? { role: "operator", name: req.get("x-user") } : null,
      }),
    );
    app.get("/other", (_, res) => void res.send("other"));
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const at = `http://127.0.0.1:${port}/admin/rl`;
    try {
      assert.equal((await fetch(at)).status, 403);
      const headers = { "x-user": "ada", "sec-fetch-site": "same-origin" };
      const page = await (await fetch(`${at}/queues`, { headers })).text();
      assert.match(page, /<base href="\/admin\/rl\/">/);
      const done = await fetch(`${at}/act/queue.resume`, {
        method: "POST",
        headers,
        body: new URLSearchParams({ queue: "default", back: "queues" }),
        redirect: "manual",
      });
      assert.equal(done.status, 303);
      assert.equal(done.headers.get("location"), "/admin/rl/queues");
      assert.equal((await queue.stats()).paused.claims, null);
      assert.equal((await rl.actions()).actions[0]!.actor, "ada");
      const other = await fetch(`http://127.0.0.1:${port}/other`);
      assert.equal(await other.text(), "other");
      assert.equal(other.headers.get("content-security-policy"), null);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }),
);
