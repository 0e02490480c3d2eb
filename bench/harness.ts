/**
 * Tools of the layout bench: a Redis of its own, and one line of JSON that
 * describes the machine.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Redis } from "ioredis";

/** A Redis that ends with the bench. */
export interface Lab {
  readonly url: string;
  readonly redis: Redis;
  /** Microseconds of the main thread of Redis so far. */
  cpuUs(): Promise<number>;
  /** Bytes in use. */
  bytes(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a Redis without persistence on a loopback port. */
export async function openLab(): Promise<Lab> {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const dir = mkdtempSync(join(tmpdir(), "relier-bench-"));
  const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--dir", dir];
  const server = spawn("redis-server", args, { stdio: "ignore" });
  const redis = new Redis(port, "127.0.0.1", { protocol: 2, maxRetriesPerRequest: null });
  redis.on("error", () => {}); // Redis is still starting: the client tries again.
  await redis.ping();
  const number = async (section: string, name: string): Promise<number> =>
    Number(new RegExp(`^${name}:(.*)$`, "m").exec(await redis.info(section))?.[1]);
  return {
    url: `redis://127.0.0.1:${port}`,
    redis,
    cpuUs: async () =>
      1e6 * (await number("cpu", "used_cpu_user_main_thread") +
        await number("cpu", "used_cpu_sys_main_thread")),
    bytes: () => number("memory", "used_memory"),
    async stop() {
      redis.disconnect();
      server.kill("SIGKILL");
      await new Promise((resolve) => server.once("exit", resolve));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Prints the result of a bench as one line of JSON. */
export async function report(lab: Lab, bench: string, result: object): Promise<void> {
  const version = /redis_version:(\S+)/.exec(await lab.redis.info("server"))?.[1];
  const machine = `${cpus().length} x ${cpus()[0]?.model}`;
  console.log(JSON.stringify({ bench, machine, node: process.version, redis: version, ...result }));
}
