/**
 * Finds a Redis: the given one, else a server on the PATH, else the embedded
 * engine.
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
import { redact } from "../framework/redact.ts";
import { firstMessage, start, stop } from "./child_process.ts";
import { program } from "./find_program.ts";
import type { ServerMessage, ServerSetup } from "./redis_server.ts";

/** A Redis that answers. */
export interface FoundRedis {
  readonly url: string;
  /** Connection of this process. */
  readonly port: RedisPort;
  /** Description, such as `127.0.0.1:6379 (redis-server, temporary)`. */
  readonly about: string;
  /** Warning to show, if any. */
  readonly notice: string | undefined;
  /** Process of the server, if it was started here; it ends with this process. */
  readonly server: ChildProcess | undefined;
  /**
   * Closes the connection and stops a server that was started here. In an existing
   * Redis, removes every key under `prefix`, if given.
   */
  close(prefix?: string): Promise<void>;
}

/** Options of the search. */
export interface FindRedisOptions {
  /** Source of the URL. */
  readonly source?: string;
  /** Setup of a server to start; see {@linkcode ServerSetup}. */
  readonly setup?: Omit<ServerSetup, "program">;
}

const inMemory =
  "no Redis was found: using the embedded engine, which keeps everything in memory " +
  "and is not for production";

/** Connects to the Redis at `named` or RELIER_REDIS_URL, else starts one. */
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
  failures.push(`embedded: ${found}`);
  throw new CliError(3, `Cannot find or start a Redis (${failures.join("; ")})`, {
    hint: "set RELIER_REDIS_URL, or install redis-server",
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

/** Starts a server; resolves to the reason if it cannot start. */
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
    const shown = redact(url, { RELIER_URL_IN_USE: url });
    throw new CliError(2, `Cannot use ${source} "${shown}": it is no Redis URL`, {
      hint: (cause as Error).message.replace(/^Cannot connect: /, ""),
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
      // Without permission for SCAN, a few small keys stay.
      if (prefix !== undefined) await tidy(port, prefix).catch(() => {});
      await port.close();
    },
  };
}

/** Host and port of a URL, without user and password. */
export function redisAddress(url: string): string {
  const { host, pathname } = new URL(url);
  return host || pathname;
}

const forget = program(
  "forget",
  `
local page = redis.call("SCAN", ARGV[1], "MATCH", ARGV[2], "COUNT", 1000)
for _, key in ipairs(page[2]) do redis.call("UNLINK", key) end
return page[1]`,
);

/** Removes every key under `prefix`, a page at a time. */
async function tidy(port: RedisPort, prefix: string): Promise<void> {
  const key = `${prefix}:{default~0}:`;
  let cursor = "0";
  do cursor = String(await port.run(forget, [key], [cursor, `${prefix}:*`])); while (
    cursor !== "0"
  );
}
