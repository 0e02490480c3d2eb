/**
 * The connection options of an ioredis client, as plain data from which another thread can
 * make the same client.
 *
 * @module
 */

import { Cluster } from "ioredis";
import type { IoredisClient } from "./ioredis_client.ts";
import { profile } from "./ioredis_connection.ts";

/** The data to open the same Redis again. It may hold passwords. */
export interface Origin {
  /** The nodes that know the slots of a cluster; absent for a server. */
  readonly nodes?: { host?: string; port?: number }[];
  readonly options: object;
  readonly timeoutMs: number;
}

type Options = Readonly<Record<string, unknown>>;

/** Options that are not plain data but that `profile` sets anyway. */
const ours = new Set([
  ...Object.keys(profile(0)),
  "sentinelReconnectStrategy",
  "clusterRetryStrategy",
]);

/** The origin of `client`, or `undefined` if it depends on functions of the caller. */
export function originOf(client: IoredisClient, timeoutMs: number): Origin | undefined {
  const { options, startupNodes: nodes } = client as unknown as {
    options: Options;
    startupNodes?: Origin["nodes"];
  };
  try {
    if (!client.isCluster) return structuredClone({ options: data(options), timeoutMs });
    // The default look-up of host names is a function, and the other thread has the same one.
    const standard = new Cluster(nodes!, { lazyConnect: true }).options as unknown as Options;
    const own = Object.entries(data(options)).filter(([name, value]) => value !== standard[name]);
    const { redisOptions = {} } = options as { redisOptions?: Options };
    const plain = { ...Object.fromEntries(own), redisOptions: data(redisOptions) };
    return structuredClone({ nodes: nodes!, options: plain, timeoutMs });
  } catch {
    return undefined; // A function is not plain data.
  }
}

function data(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !ours.has(name)));
}
