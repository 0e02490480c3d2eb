/**
 * The client of a command, made when it is first used: what needs no Redis
 * must not wait for one.
 *
 * @module
 */

import type { RedisPort, Relier } from "../../mod.ts";
import type { Settings } from "./settings.ts";
import { CliError } from "./cli_error.ts";
import { redact } from "./redact.ts";

/** A client that may not have been made yet. */
export interface LazyClient {
  /** The client. */
  get(): Relier;
  /** Closes it, if it was made. */
  close(): Promise<void>;
}

/** Somebody waits for the answer: a Redis that cannot be reached is reported before they give up. */
const timeoutMs = 4_000;

/**
 * Makes the client of `settings` at first use, and has `made` see it; `engine` is absent
 * where none is needed.
 */
export function lazyClient(
  settings: Settings,
  engine: typeof import("../../mod.ts") | undefined,
  made: (client: Relier) => void,
): LazyClient {
  let client: Relier | undefined;
  let port: RedisPort | undefined;
  return {
    get() {
      if (client) return client;
      if (!engine) throw new Error("a command that is offline has no client");
      const { url, prefix } = settings;
      if (!/^(rediss?|unix):\/\/./.test(url.value)) {
        throw new CliError(2, `Cannot use ${url.from} "${redact(url.value)}": it is no Redis URL`, {
          hint: "a Redis URL looks like redis://localhost:6379/0; rediss:// is with TLS",
        });
      }
      port = connected(url.value);
      client = engine.createRelier({ redis: port, prefix: prefix.value });
      made(client);
      return client;
    },
    async close() {
      await client?.close();
      await port?.close();
    },
  };
}

function connected(url: string): RedisPort {
  let opened: Promise<RedisPort> | undefined;
  const open = (): Promise<RedisPort> =>
    opened ??= import("../../adapters/ioredis.ts").then(({ connect }) =>
      connect(url, { timeoutMs })
    );
  return {
    run: async (...call) => await (await open()).run(...call),
    wait: async (...call) => await (await open()).wait(...call),
    listen: async (...call) => await (await open()).listen!(...call),
    close: async () => {
      await (await opened)?.close();
    },
  };
}
