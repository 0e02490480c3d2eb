/**
 * The ledger: a process of its own that stands for whatever must not happen
 * twice, such as a payment. It writes one line for each effect, and answers a
 * second one with the same `Idempotency-Key` with 409: already done.
 *
 * It knows nothing of Redis or of tasks, so it can contradict them.
 *
 * @module
 */

import { openSync, writeSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { receiveSetup, sendToParent } from "../../processes/child_process.ts";

/** What the ledger is told when it is started. */
export interface LedgerSetup {
  /** The file it appends to. */
  readonly path: string;
}

/** What the ledger tells who started it: where it listens, then each attempt. */
export interface LedgerWord {
  readonly url?: string;
  /** The file whose effect was attempted, by which process, and whether it was the first time. */
  readonly attempt?: { readonly file: string; readonly pid: number; readonly accepted: boolean };
}

const { path } = await receiveSetup<LedgerSetup>();
const descriptor = openSync(path, "a"); // O_APPEND: a line is added whole or not at all.
const keys = new Set<string>();

const server = createServer(async (request, response) => {
  const key = String(request.headers["idempotency-key"] ?? "");
  const entry = JSON.parse(await textOf(request)) as { file: string; pid: number };
  const accepted = key !== "" && !keys.has(key);
  if (accepted) {
    keys.add(key);
    writeSync(descriptor, JSON.stringify({ key, ...entry, at: new Date() }) + "\n");
  }
  sendToParent({ attempt: { file: entry.file, pid: entry.pid, accepted } } satisfies LedgerWord);
  response.writeHead(accepted ? 201 : 409).end(accepted ? "accepted" : "already");
});
server.keepAliveTimeout = 120_000; // A stopped process finds its connection as it left it.
server.listen(0, "127.0.0.1", () => {
  sendToParent(
    { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } satisfies LedgerWord,
  );
});

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}
