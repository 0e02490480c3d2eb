/**
 * The client of a command, created on first use: a command that needs no Redis
 * must not wait for one.
 *
 * @module
 */

import type { RedisPort, Relier } from "../../mod.ts";
import type { Settings } from "./settings.ts";
import { CliError } from "./cli_error.ts";
import { redact } from "./redact.ts";

/** A client that is created on first use. */
export interface LazyClient {
  /** Returns the client. */
  get(): Relier;
  /** Closes the client, if it was created. */
  close(): Promise<void>;
}

/** Time limit of a call: a user at a terminal does not wait longer for an error. */
const timeoutMs = 4_000;

/**
 * Creates the client of `settings` on first use, and passes it to `onCreate`.
 * `engine` is undefined for an offline command.
 */
export function lazyClient(
  settings: Settings,
  engine: typeof import("../../mod.ts") | undefined,
  onCreate: (client: Relier) => void,
): LazyClient {
  let client: Relier | undefined;
  let port: RedisPort | undefined;
  return {
    get() {
      if (client) return client;
      if (!engine) throw new Error("an offline command has no client");
      const { url, prefix } = settings;
      if (!/^(rediss?|unix):\/\/./.test(url.value)) {
        throw new CliError(2, `Cannot use ${url.from} "${redact(url.value)}": it is no Redis URL`, {
          hint: "a Redis URL looks like redis://localhost:6379/0, or rediss:// with TLS",
        });
      }
      port = connected(url.value);
      client = engine.createRelier({ redis: port, prefix: prefix.value });
      onCreate(client);
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
