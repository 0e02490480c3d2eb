/**
 * Tests whether something listens where Redis should be. A client tries again for as long as its
 * calls may take, which is right for a worker; at a terminal a refusal is an answer.
 *
 * @module
 */

import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A Redis that restarts is back within this time. */
const restartMs = 700;
const everyMs = 100;
/** Reasons that do not pass by themselves within a second. */
const refusals: ReadonlySet<unknown> = new Set(["ECONNREFUSED", "ENOENT", "ENOTFOUND"]);

/** The code of a refusal by the host of `url`, such as `ECONNREFUSED`; undefined if it answers, or may. */
export async function refusalOf(url: string): Promise<string | undefined> {
  const address = addressOf(url);
  if (address === undefined) return undefined;
  const until = performance.now() + restartMs;
  for (;;) {
    const code = await knock(address);
    if (code === undefined || performance.now() > until) return code;
    await sleep(everyMs);
  }
}

type Address = { readonly path: string } | { readonly host: string; readonly port: number };

/** The address of a URL with one host; undefined for any other, which the client reads itself. */
function addressOf(text: string): Address | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, pathname } = new URL(text);
  if (protocol === "unix:") return { path: decodeURIComponent(pathname) };
  const host = hostname.replace(/^\[|\]$/g, "");
  return host === "" ? undefined : { host, port: Number(port || 6379) };
}

async function knock(address: Address): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const socket = connect(address);
    const end = (code?: string): void => {
      socket.destroy();
      resolve(code);
    };
    socket.setTimeout(restartMs, () => end());
    socket.once("connect", () => end());
    socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      end(refusals.has(code) ? code : undefined);
    });
  });
}
