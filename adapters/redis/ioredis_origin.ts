/**
 * The connection options of an ioredis client, as plain data from which another thread can
 * make the same client.
 *
 * @module
 */

import { Cluster } from "ioredis";
import { type IoredisClient, profile } from "./ioredis_connection.ts";

/** How to open the same Redis again. It may hold passwords. */
export interface Origin {
  /** Where a cluster is asked for its slots; absent for a server. */
  readonly nodes?: { host?: string; port?: number }[];
  readonly options: object;
  readonly timeoutMs: number;
}

type Options = Readonly<Record<string, unknown>>;

/** What is said without being data, and is ours to say: see the profile. */
const ours = new Set([
  ...Object.keys(profile("topology", 0)),
  "sentinelReconnectStrategy",
  "clusterRetryStrategy",
]);

/** The origin of `client`, or `undefined` if it depends on functions of the caller's. */
export function originOf(client: IoredisClient, timeoutMs: number): Origin | undefined {
  const { options, startupNodes: nodes } = client as unknown as {
    options: Options;
    startupNodes?: Origin["nodes"];
  };
  try {
    if (!client.isCluster) return structuredClone({ options: data(options), timeoutMs });
    // How to look up names is a function by default, and that one the other thread has, too.
    const standard = new Cluster(nodes!, { lazyConnect: true }).options as unknown as Options;
    const own = Object.entries(data(options)).filter(([name, value]) => value !== standard[name]);
    const { redisOptions = {} } = options as { redisOptions?: Options };
    const plain = { ...Object.fromEntries(own), redisOptions: data(redisOptions) };
    return structuredClone({ nodes: nodes!, options: plain, timeoutMs });
  } catch {
    return undefined; // A function cannot be told.
  }
}

function data(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !ours.has(name)));
}
