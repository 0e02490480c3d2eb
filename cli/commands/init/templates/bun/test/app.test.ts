import assert from "node:assert/strict";
import { test } from "bun:test";
import { createRelier, createWorker } from "@relier/core";
import { createApp } from "../src/app.ts";

test("a requested receipt is sent once", async () => {
  // A prefix of its own: another running worker does not get these tasks.
  const relier = createRelier({ prefix: "test-" + crypto.randomUUID() });
  const worker = createWorker(relier, { handleSignals: false });
  const app = createApp(relier, "token");
  const request = async (path: string, method = "GET", token = "token") => {
    const headers = { authorization: "Bearer " + token };
    const response = await app(new Request("http://test" + path, { method, headers }));
    const body = (await response.json()) as { id: string; outcome: string; state: string };
    return { status: response.status, body };
  };
  try {
    await worker.start();
    const { status, body } = await request("/receipts/o-1", "POST");
    assert.equal(status, 202);
    const result = await relier.handle(body.id).result({ timeout: "5s" });
    assert.deepEqual(result, { order: "o-1", sent: true });
    assert.equal((await request("/receipts/o-1", "POST")).body.outcome, "replayed");
    assert.equal((await request("/tasks/" + body.id)).body.state, "completed");
    assert.equal((await request("/tasks/nonsense")).status, 404);
    assert.equal((await request("/tasks/" + body.id, "GET", "wrong")).status, 401);
  } finally {
    await worker.drain();
    await relier.close();
  }
});
