/**
 * Finding a Redis: the one that was named, else a server on the PATH, else the
 * embedded engine.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { connect } from "../../adapters/ioredis.ts";
import { createRelier, type Program, RedisError, type RedisPort } from "../../mod.ts";
import { CliError } from "../error.ts";
import { firstWord, start, stop } from "./processes.ts";
import type { ServerSetup, ServerWord } from "./server.ts";
import { queue } from "./work.ts";

/** A Redis to show things on. */
export interface FoundRedis {
  readonly url: string;
  /** The connection of this process. */
  readonly port: RedisPort;
  /** What it is, for people. */
  readonly about: string;
  /** What they have to know about it, if anything. */
  readonly notice: string | undefined;
  /** Removes what the demo left under `prefix`, ends what was started for it. */
  leave(prefix: string): Promise<void>;
}

const inMemory =
  "no Redis was found: using the embedded engine, which keeps everything in memory " +
  "and is for trying things out, not for production";

/** Finds a Redis that answers; `named` comes from the option `--url`. */
export async function findRedis(named: string | undefined): Promise<FoundRedis> {
  const url = named ?? process.env["RELIER_REDIS_URL"];
  if (url) return await reach(url, named ? "option --url" : "RELIER_REDIS_URL");
  const failures: string[] = [];
  for (const program of ["redis-server", "valkey-server"].filter(isOnPath)) {
    const found = await host({ program });
    if (typeof found === "object") return await own(found, `${program}, temporary`, undefined);
    failures.push(`${program}: ${found}`);
  }
  const found = await host({});
  if (typeof found === "object") return await own(found, "embedded, in memory", inMemory);
  failures.push(`js-redis-server: ${found}`);
  throw new CliError(3, `Cannot find or start a Redis (${failures.join("; ")})`, {
    hint: "set RELIER_REDIS_URL, install redis-server, or npm install js-redis-server",
  });
}

function isOnPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return statSync(join(folder, program)).isFile();
    } catch {
      return false;
    }
  });
}

interface Hosted {
  readonly url: string;
  readonly child: ChildProcess;
}

/** Starts a server; resolves to why it cannot if it cannot. */
async function host(setup: ServerSetup): Promise<Hosted | string> {
  const child = start(new URL("./server.ts", import.meta.url), setup, "SIGTERM");
  const { url, failure = "" } = await firstWord<ServerWord>(child)
    .catch((error): ServerWord => ({ failure: error.message }));
  if (url) return { url, child };
  await stop(child, "SIGTERM");
  return failure;
}

async function own({ url, child }: Hosted, about: string, notice: string | undefined) {
  const found = await reach(url, about);
  return {
    ...found,
    about: `${placeOf(url)} (${about})`,
    notice,
    async leave() {
      await found.port.close();
      await stop(child, "SIGTERM");
    },
  };
}

async function reach(url: string, source: string): Promise<FoundRedis> {
  let port: RedisPort;
  try {
    port = connect(url, { timeoutMs: 3000 });
  } catch (cause) {
    throw new CliError(2, `Cannot use ${source} "${withoutPassword(url)}": it is no Redis URL`, {
      hint: "a Redis URL looks like redis://user:password@host:6379/0 or rediss://…",
      cause,
    });
  }
  const relier = createRelier({ redis: port });
  try {
    await relier.queue(queue).stats();
  } catch (cause) {
    await port.close();
    const why = cause instanceof RedisError ? cause.message : String(cause);
    throw new CliError(3, `Cannot reach a Redis at ${placeOf(url)} (${source}): ${why}`, {
      hint: `start one there, correct ${source}, or leave it out and one is started for you`,
      cause,
    });
  } finally {
    await relier.close();
  }
  return {
    url,
    port,
    about: `${placeOf(url)} (${source})`,
    notice: undefined,
    async leave(prefix) {
      await tidy(port, prefix).catch(() => {}); // A Redis that allows no SCAN keeps a few small keys.
      await port.close();
    },
  };
}

/** Where a URL points to, without user and password. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return host || pathname;
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/]*@/, "//***@");
}

const source = `
local page = redis.call("SCAN", ARGV[1], "MATCH", ARGV[2], "COUNT", 1000)
for _, key in ipairs(page[2]) do redis.call("UNLINK", key) end
return page[1]`;
const sha = createHash("sha1").update(source).digest("hex");
const forget: Program = { name: "forget", source, sha };

/** Removes every key under `prefix`, which nobody else uses, a few at a time. */
async function tidy(port: RedisPort, prefix: string): Promise<void> {
  const key = `${prefix}:{${queue}~0}:`;
  let cursor = "0";
  do cursor = String(await port.run(forget, [key], [cursor, `${prefix}:*`])); while (
    cursor !== "0"
  );
}
