import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createRelier, createWorker } from "@relier/core";
import { createApp } from "../src/app.ts";

test("a requested receipt is sent once", async () => {
  // A prefix of its own: another running worker does not get these tasks.
  const relier = createRelier({ prefix: `test-${process.pid}` });
  const worker = createWorker(relier, { handleSignals: false });
  const server = createApp(relier, "token").listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const request = (path: string, method = "GET", token = "token") => {
    const headers = { authorization: `Bearer ${token}` };
    return fetch(`http://127.0.0.1:${port}${path}`, { method, headers });
  };
  try {
    await worker.start();
    const response = await request("/receipts/o-1", "POST");
    assert.equal(response.status, 202);
    const { id } = (await response.json()) as { id: string };
    assert.deepEqual(await relier.handle(id).result({ timeout: "5s" }), {
      order: "o-1",
      sent: true,
    });

    const again = (await (await request("/receipts/o-1", "POST")).json()) as { outcome: string };
    assert.equal(again.outcome, "replayed");
    const status = (await (await request(`/tasks/${id}`)).json()) as { state: string };
    assert.equal(status.state, "completed");
    assert.equal((await request("/tasks/nonsense")).status, 404);
    assert.equal((await request(`/tasks/${id}`, "GET", "wrong")).status, 401);
  } finally {
    await worker.drain();
    await relier.close();
    server.close();
  }
});
