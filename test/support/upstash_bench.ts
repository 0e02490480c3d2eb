/**
 * A port to Upstash's REST API in front of the Redis of the tests.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { Redis as UpstashRedis } from "@upstash/redis";
import { upstash } from "../../adapters/upstash.ts";
import type { RedisPort } from "../../mod.ts";
import type { Program } from "../../core/port.ts";
import { program } from "../conformance/port.ts";
import { shared } from "./redis.ts";
import { bounded } from "./until.ts";
import { type FrontOptions, startFront, type UpstashFront } from "./upstash_front.ts";

/** The fixture of a test. */
export interface UpstashBench {
  readonly front: UpstashFront;
  /** A port by address, with a deadline that no test reaches. */
  readonly port: RedisPort;
  /** A key that no other test uses. */
  readonly key: string;
  /** Opens another port to the same front; by address if no client is given. */
  open(options?: PortOptions): RedisPort;
}

/** The differences of a port. */
export interface PortOptions {
  readonly redis?: UpstashRedis | undefined;
  readonly token?: string;
  readonly timeoutMs?: number;
}

/** A test body with a front of its own. */
export function withFront(
  body: (bench: UpstashBench) => Promise<void>,
  options: FrontOptions = {},
): () => Promise<void> {
  return async () => {
    const front = await startFront(await shared(), options);
    const ports: RedisPort[] = [];
    const open = ({ redis, token = front.token, timeoutMs = 8_000 }: PortOptions = {}) => {
      const port = upstash({ ...redis ? { redis } : { url: front.url, token }, timeoutMs });
      ports.push(port);
      return port;
    };
    try {
      const bench = { front, port: open(), key: `upstash-${randomUUID()}`, open };
      await bounded("the test ends", body(bench), 15_000);
    } finally {
      for (const port of ports) await port.close();
      await front.close();
    }
  };
}

/** A client of the SDK that does not change replies. */
export function held({ url, token }: UpstashFront): UpstashRedis {
  return new UpstashRedis({ url, token, automaticDeserialization: false, retry: { retries: 0 } });
}

/** Returns its first argument. */
export const echo: Program = program("return ARGV[1]", "echo");
/** Returns the number of its runs. */
export const count: Program = program(`return redis.call("INCR", KEYS[1])`, "count");
/** A text that no error may repeat. */
export const canary = "canary-4111111111111111";
/** A web page in place of a reply. */
export const html = {
  headers: { "content-type": "text/html" },
  body: `<html>${canary}</html>`,
};
