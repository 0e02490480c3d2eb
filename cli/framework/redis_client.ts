/**
 * The client of a command, created on first use: a command that needs no Redis
 * must not wait for one.
 *
 * @module
 */

import type { RedisPort, Relier } from "../../mod.ts";
import type { Settings } from "./settings.ts";
import { CliError } from "./cli_error.ts";
import { unreachable } from "./error_report.ts";
import { refusalOf } from "./reachable.ts";
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
      port = connected(settings);
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

function connected(settings: Settings): RedisPort {
  const { url } = settings;
  let opened: Promise<RedisPort> | undefined;
  const opening = async (): Promise<RedisPort> => {
    const { connect } = await import("../../adapters/ioredis.ts");
    const port = connect(url.value, { timeoutMs });
    const refusal = await refusalOf(url.value);
    if (refusal === undefined) return port;
    await port.close();
    opened = undefined; // The next call asks again.
    throw unreachable(settings, `no connection (${refusal})`);
  };
  const open = (): Promise<RedisPort> => opened ??= opening();
  return {
    run: async (...call) => await (await open()).run(...call),
    wait: async (...call) => await (await open()).wait(...call),
    listen: async (...call) => await (await open()).listen!(...call),
    close: async () => {
      const port = await opened?.catch(() => undefined);
      await port?.close();
    },
  };
}
