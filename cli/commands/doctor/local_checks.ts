/**
 * Checks that need no Redis: the runtime and the configuration.
 *
 * @module
 */

import { isIP } from "node:net";
import process from "node:process";
import { connect } from "../../../adapters/ioredis.ts";
import type { Settings } from "../../framework/settings.ts";
import { version } from "../../framework/version.ts";
import { redisAddress } from "../../processes/find_redis.ts";
import { type Check, fail, ok, warn } from "../../../core/console/mod.ts";

/** Checks this process and `settings`. */
export function localChecks(settings: Settings): Check[] {
  return [runtime(), ok("relier", version), configuration(settings), transport(settings)];
}

/** The oldest Node the package is tested on. */
const oldestNode = [20, 19] as const;

function runtime(): Check {
  const { bun, deno, node } = process.versions;
  if (bun) return ok("bun", bun);
  if (deno) return ok("deno", deno);
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const old = major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
  return old
    ? fail("node", `${node} is older than ${oldestNode.join(".")}`, "install Node 22 or newer")
    : ok("node", node);
}

function configuration({ file, url, prefix, env }: Settings): Check {
  const source = file ?? "no configuration file";
  const values = Object.entries({ url, prefix, env }).map(([name, { from }]) => `${name}: ${from}`);
  return ok("config", `${source} (${values.join(", ")})`);
}

function transport({ url }: Settings): Check {
  const fault = faultIn(url.value);
  if (fault !== undefined) {
    const fix = "a Redis URL looks like redis://user:password@host:6379/0 or rediss://…";
    return fail("url", `${url.from} is not a Redis URL: ${fault}`, fix);
  }
  const place = redisAddress(url.value);
  const { protocol, hostname, password } = new URL(url.value);
  if (protocol !== "redis:" || isPrivate(hostname)) return ok("url", `${place} from ${url.from}`);
  const what = password === "" ? "payloads cross" : "payloads and a password cross";
  return warn("url", `${place}: ${what} a public network unencrypted`, "use rediss:// (TLS)");
}

/** The part of a URL that is wrong, if one is. */
function faultIn(url: string): string | undefined {
  if (!/^(rediss?|unix):\/\/./.test(url)) return "it begins with redis:// or rediss://";
  try {
    void connect(url).close(); // It would connect at its first call only.
    return undefined;
  } catch (error) {
    return (error as Error).message.replace(/^Cannot connect: /, "");
  }
}

/** Tests by its name whether a host is this machine or in a private network. */
function isPrivate(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, "");
  if (isIP(address) === 0) return !address.includes(".") || /\.(local|internal|lan)$/.test(address);
  return /^(127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|::1$|f[cd]|fe80:)/i.test(
    address,
  );
}
