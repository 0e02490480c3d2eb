import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestRelier } from "@relier/core/testing";
import { chargeCard, sendReceipt, syncStock, tasks } from "../src/tasks.ts";
import { openApp } from "./open_app.ts";

const token = "a-token-of-the-tests";

test("a requested receipt is sent once", async () => {
  // A Redis in memory; its clock and its worker move only in relier.drain().
  await using relier = await createTestRelier({ tasks });
  await using app = await openApp(relier, token);
  const first = await app.send("POST", "/receipts/o-1");
  assert.equal(first.status, 202);
  const { id } = (await first.json()) as { id: string };
  const again = (await (await app.send("POST", "/receipts/o-1")).json()) as { outcome: string };
  assert.equal(again.outcome, "joined");
  assert.deepEqual(relier.calls(sendReceipt), [[{ order: "o-1" }]]);

  await relier.drain();
  const status = await app.send("GET", `/tasks/${id}`, token);
  assert.equal(((await status.json()) as { state: string }).state, "completed");
  assert.equal((await app.send("GET", `/tasks/${id}`, "a-wrong-token-of-16")).status, 401);
  assert.equal((await app.send("GET", "/admin/rl", token)).status, 200);
  assert.equal((await app.send("GET", "/admin/rl", "a-wrong-token-of-16")).status, 401);
});

test("a failed attempt is retried, and a task that cannot succeed is dead", async () => {
  await using relier = await createTestRelier({ tasks });
  await using _app = await openApp(relier, token);
  const stock = await syncStock.apush({ sku: "s-1" });
  await chargeCard.apush({ order: "o-2", cents: 0 });
  await relier.drain(); // Moves the clock to each retry.
  assert.deepEqual(await stock.result(), { sku: "s-1", attempt: 3 });
  const [dead] = await relier.dlq();
  assert.equal(dead?.name, "charge-card");
  assert.equal(dead?.error?.message, "order o-2 costs 0 cents");
});
