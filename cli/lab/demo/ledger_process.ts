/**
 * The ledger of the demo: a process of its own that stands for any effect that must
 * not happen twice, such as a payment. It appends one line for each effect, and
 * answers 409 to a second request with the same `Idempotency-Key`.
 *
 * It does not know Redis or tasks, so it can contradict them.
 *
 * @module
 */

import { openSync, writeSync } from "node:fs";
import { serve } from "../../../adapters/http/node_server.ts";
import { receiveSetup, sendToParent } from "../../processes/child_process.ts";

/** The first message to the ledger process. */
export interface LedgerSetup {
  /** The file to append to. */
  readonly path: string;
}

/** A message of the ledger process: its address, then whether each request was accepted. */
export interface LedgerMessage {
  readonly url?: string;
  readonly accepted?: boolean;
}

const { path } = await receiveSetup<LedgerSetup>();
const descriptor = openSync(path, "a"); // O_APPEND: a line is added whole or not at all.
const keys = new Set<string>();

const { url } = await serve(async (request) => {
  const key = request.headers.get("idempotency-key") ?? "";
  const entry = await request.json() as object;
  const accepted = key !== "" && !keys.has(key);
  if (accepted) {
    keys.add(key);
    writeSync(descriptor, JSON.stringify({ key, ...entry, at: new Date() }) + "\n");
  }
  sendToParent({ accepted } satisfies LedgerMessage);
  return new Response(accepted ? "accepted" : "already", { status: accepted ? 201 : 409 });
}, { port: 0, hostname: "127.0.0.1" });
sendToParent({ url } satisfies LedgerMessage);
