import assert from "node:assert/strict";
import { test } from "node:test";
import { createRelier, createWorker } from "@relier/core";
import { createApp } from "../src/app.ts";

test("a requested receipt is sent once", async () => {
  // A prefix of its own: another running worker does not get these tasks.
  const relier = createRelier({ prefix: `test-${process.pid}` });
  const worker = createWorker(relier, { handleSignals: false });
  const app = createApp(relier, "token");
  const headers = { authorization: "Bearer token" };
  const request = (path: string, method = "GET") => app.request(path, { method, headers });
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
    assert.equal((await app.request(`/tasks/${id}`)).status, 401);
  } finally {
    await worker.drain();
    await relier.close();
  }
});
