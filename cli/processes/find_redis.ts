/**
 * Finding a Redis: the one that was named, else a server on the PATH, else the
 * embedded engine.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { connect } from "../../adapters/ioredis.ts";
import { createRelier, RedisError, type RedisPort } from "../../mod.ts";
import { CliError } from "../framework/cli_error.ts";
import { firstMessage, start, stop } from "./child_process.ts";
import { program } from "./find_program.ts";
import type { ServerMessage, ServerSetup } from "./redis_server.ts";

/** A Redis that answers, whoever started it. */
export interface FoundRedis {
  readonly url: string;
  /** The connection of this process. */
  readonly port: RedisPort;
  /** What it is, for people. */
  readonly about: string;
  /** What they have to know about it, if anything. */
  readonly notice: string | undefined;
  /** The process that keeps it, if it was started for us; it ends with us. */
  readonly server: ChildProcess | undefined;
  /**
   * Closes the connection and ends what was started for us. In what was there before, it removes
   * everything under `prefix`, if one is named.
   */
  close(prefix?: string): Promise<void>;
}

/** Where to look, and what to start if there is nothing. */
export interface FindRedisOptions {
  /** What the URL was read from. */
  readonly source?: string;
  /** Of a server that is started; see {@linkcode ServerSetup}. */
  readonly setup?: Omit<ServerSetup, "program">;
}

const inMemory =
  "no Redis was found: using the embedded engine, which keeps everything in memory " +
  "and is for trying things out, not for production";

/** Finds a Redis that answers: the one that was `named`, else one that is started. */
export async function findRedis(
  named: string | undefined,
  { source = "option --url", setup = {} }: FindRedisOptions = {},
): Promise<FoundRedis> {
  const url = named ?? process.env["RELIER_REDIS_URL"];
  if (url) return await reach(url, named ? source : "RELIER_REDIS_URL");
  return await ownRedis(setup);
}

/** Starts a server from the PATH, else the embedded engine. */
export async function ownRedis(
  setup: NonNullable<FindRedisOptions["setup"]> = {},
): Promise<FoundRedis> {
  const failures: string[] = [];
  for (const command of ["redis-server", "valkey-server"].filter(isOnPath)) {
    const found = await host({ ...setup, program: command });
    const kept = setup.folder === undefined ? "temporary" : "of its own";
    if (typeof found === "object") return await own(found, `${command}, ${kept}`, undefined);
    failures.push(`${command}: ${found}`);
  }
  const found = await host({});
  if (typeof found === "object") return await own(found, "embedded, in memory", inMemory);
  failures.push(`js-redis-server: ${found}`);
  throw new CliError(3, `Cannot find or start a Redis (${failures.join("; ")})`, {
    hint: "set RELIER_REDIS_URL, install redis-server, or npm install js-redis-server",
  });
}

function isOnPath(command: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return statSync(join(folder, command)).isFile();
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
  const child = start(new URL("./redis_server.ts", import.meta.url), setup, { last: "SIGTERM" });
  const { url, failure = "" } = await firstMessage<ServerMessage>(child)
    .catch((error): ServerMessage => ({ failure: error.message }));
  if (url) return { url, child };
  await stop(child, "SIGTERM");
  return failure;
}

async function own(
  { url, child }: Hosted,
  about: string,
  notice: string | undefined,
): Promise<FoundRedis> {
  const found = await reach(url, about);
  return {
    ...found,
    about: `${redisAddress(url)} (${about})`,
    notice,
    server: child,
    async close() {
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
    await relier.queue("default").stats();
  } catch (cause) {
    await port.close();
    const why = cause instanceof RedisError ? cause.message : String(cause);
    throw new CliError(3, `Cannot reach a Redis at ${redisAddress(url)} (${source}): ${why}`, {
      hint: `start one there, correct ${source}, or leave it out and one is started for you`,
      cause,
    });
  } finally {
    await relier.close();
  }
  return {
    url,
    port,
    about: `${redisAddress(url)} (${source})`,
    notice: undefined,
    server: undefined,
    async close(prefix) {
      // A Redis that allows no SCAN keeps a few small keys.
      if (prefix !== undefined) await tidy(port, prefix).catch(() => {});
      await port.close();
    },
  };
}

/** Where a URL points to, without user and password. */
export function redisAddress(url: string): string {
  const { host, pathname } = new URL(url);
  return host || pathname;
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/]*@/, "//***@");
}

const forget = program(
  "forget",
  `
local page = redis.call("SCAN", ARGV[1], "MATCH", ARGV[2], "COUNT", 1000)
for _, key in ipairs(page[2]) do redis.call("UNLINK", key) end
return page[1]`,
);

/** Removes every key under `prefix`, which nobody else uses, a few at a time. */
async function tidy(port: RedisPort, prefix: string): Promise<void> {
  const key = `${prefix}:{default~0}:`;
  let cursor = "0";
  do cursor = String(await port.run(forget, [key], [cursor, `${prefix}:*`])); while (
    cursor !== "0"
  );
}
