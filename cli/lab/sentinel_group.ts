/**
 * A master, its replica and three Sentinels, for experiments that move the master.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CliError } from "../framework/cli_error.ts";
import { atExit } from "../processes/child_process.ts";
import { freePort } from "../processes/free_port.ts";
import { sendCommand } from "./lab_redis.ts";

/** A running group. */
export interface SentinelGroup {
  /** The data by which `reopen()` of the ioredis adapter makes a port that follows the master. */
  readonly origin: object;
  /** Asks the Sentinels to move the master; it moves within seconds. */
  failOver(): Promise<void>;
  /** Stops all processes. */
  close(): Promise<void>;
}

const name = "lab";
const startMs = 20_000;

/** Starts a group on free ports. @throws {CliError} 3 if there is no redis-server. */
export async function startSentinelGroup(): Promise<SentinelGroup> {
  const folder = mkdtempSync(join(tmpdir(), "relier-sentinel-"));
  const children: ChildProcess[] = [];
  const end = () => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  atExit(end);

  async function startServer(...args: string[]): Promise<string> {
    const port = await freePort();
    const own = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder];
    const child = spawn("redis-server", [...args, ...own], { stdio: "ignore", detached: true });
    child.on("error", () => {}); // It does not answer then.
    children.push(child);
    const url = `redis://127.0.0.1:${port}`;
    await until("redis-server answers", () => sendCommand(url, ["PING"]));
    return url;
  }

  async function startSentinel(master: string, number: number): Promise<string> {
    const file = join(folder, `sentinel-${number}.conf`);
    const lines = [
      `sentinel monitor ${name} 127.0.0.1 ${new URL(master).port} 2`,
      `sentinel down-after-milliseconds ${name} 5000`,
    ];
    writeFileSync(file, lines.join("\n"));
    return await startServer(file, "--sentinel");
  }

  try {
    const settings = ["--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"];
    const master = await startServer(...settings);
    await startServer(...settings, "--replicaof", "127.0.0.1", new URL(master).port);
    const urls = [1, 2, 3].map((number) => startSentinel(master, number));
    const sentinels = await Promise.all(urls);
    for (const url of sentinels) await until("the Sentinels know each other", () => isReady(url));
    return {
      origin: { options: { sentinels: sentinels.map(addressOf), name }, timeoutMs: 10_000 },
      failOver: async () => void await sendCommand(sentinels[0]!, ["SENTINEL", "FAILOVER", name]),
      close: () => Promise.resolve(end()),
    };
  } catch (cause) {
    end();
    throw new CliError(3, `Cannot start Redis with Sentinels: ${(cause as Error).message}`, {
      hint: "install redis-server",
      cause,
    });
  }
}

function addressOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

/** Resolves if the Sentinel at `url` knows the others and a replica in sync. */
async function isReady(url: string): Promise<void> {
  const master = await sendCommand(url, ["SENTINEL", "MASTER", name]);
  const replicas = await sendCommand(url, ["SENTINEL", "REPLICAS", name]);
  const others = /num-other-sentinels\r\n\$1\r\n2\r\n/.test(master);
  if (!others || !/master-link-status\r\n\$2\r\nok/.test(replicas)) throw new Error("not yet");
}

/** Calls `check` until it resolves. */
async function until(what: string, check: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + startMs;
  for (;;) {
    try {
      await check();
      return;
    } catch {
      if (performance.now() > deadline) throw new Error(`Timed out: waited until ${what}`);
    }
    await sleep(50);
  }
}
