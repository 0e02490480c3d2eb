/**
 * The URLs of Redis. They are read here before a client reads them: the error of a client
 * repeats the whole URL, which may hold a password.
 *
 * @module
 */

/** Characters that end a part of a URL, and so cannot stand in a password as they are. */
const encoded: Readonly<Record<string, string>> = { "#": "%23", "/": "%2F", "?": "%3F" };

/** Returns true if `url` is a path to a socket of this machine. */
export function isSocket(url: string): boolean {
  return /^(?:unix:\/\/)?\//.test(url);
}

/**
 * Refuses a malformed URL: `redis://`, `rediss://` (TLS) with user, password, database and
 * query, `unix://` and the path of a socket are accepted.
 *
 * @throws {TypeError} It begins with `what` and names the part that is wrong. It repeats
 * nothing of the URL.
 */
export function checkRedisUrl(url: string, what = "Cannot connect"): void {
  const fault = isSocket(url) ? undefined : faultOf(url.trim());
  if (fault !== undefined) throw new TypeError(`${what}: ${fault}`);
}

/** Host and port of a URL without a fault, or the path of its socket; neither user nor password. */
export function redisAddress(url: string): string {
  if (isSocket(url)) return url.replace(/^unix:\/\//, "");
  const authority = /^rediss?:\/\/([^/?#]*)/.exec(url.trim())?.[1] ?? "";
  const host = authority.slice(authority.lastIndexOf("@") + 1) || "127.0.0.1";
  return /:\d+$/.test(host) ? host : `${host}:6379`;
}

/** The part of `url` that is wrong, and the fix. */
function faultOf(url: string): string | undefined {
  const parts = /^rediss?:\/\/([^/?#]*)(\/[^?#]*)?([^]*)$/.exec(url);
  if (!parts) {
    return "a Redis URL is redis://user:password@host:port/database, rediss://… or unix:///path";
  }
  const [, authority = "", path = "", query = ""] = parts;
  const at = authority.lastIndexOf("@");
  const cut = cutPassword(path + query);
  if (cut !== undefined) return cut;
  if (!isDecodable(authority.slice(0, Math.max(0, at)))) {
    return 'its user or password holds "%": percent-encode it as %25';
  }
  const [, host = "", port = "6379"] = /^(\[[^\]]*\]|[^:]*)(?::([^]*))?$/.exec(
    authority.slice(at + 1),
  ) ?? [];
  if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    return "its port has to be a number from 1 to 65535";
  }
  const database = path.slice(1) || (/[?&]db=([^&#]*)/.exec(query)?.[1] ?? "");
  if (!/^\d*$/.test(database)) return "its database has to be a number: redis://host:port/0";
  const isHost = /^(\[[\da-f:.]+\]|[^\s[\]<>\\^|]*)$/i.test(host);
  // Only "redis://" alone and a database stand for the Redis of this machine.
  return isHost && (host !== "" || authority === "") ? undefined : "its host cannot be read";
}

/** The fault if an "@" stands so late that the password itself has ended the address. */
function cutPassword(behind: string): string | undefined {
  const by = behind[0] ?? "";
  const isQuery = /^(\/\d*)?\?[^#@]*=/.test(behind);
  if (isQuery || !behind.includes("@")) return undefined;
  return `its user or password holds "${by}": percent-encode it as ${encoded[by]}`;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Host, port and database in a URL, and nothing else of it. */
const place = /^rediss?:\/\/(?:[^/]*@)?(\[[^\]]+\]|[^:/?]+)(?::(\d+))?(\/[1-9]\d*)?/;

/** The place of a Redis as `host:port` or the path of a socket; undefined for what is no URL. */
export function placeOf(url: unknown): string | undefined {
  if (typeof url !== "string") return undefined;
  if (isSocket(url)) return url.replace(/^unix:\/\//, "").replace(/\?.*$/, "");
  const [, host, port = "6379", database = ""] = place.exec(url.trim()) ?? [];
  return host === undefined ? undefined : `${host}:${port}${database}`;
}
