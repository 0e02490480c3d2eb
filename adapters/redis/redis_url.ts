/**
 * The Redis URLs that every adapter accepts.
 *
 * @module
 */

/** Returns true if `url` is a path to a socket of this machine. */
export function isSocket(url: string): boolean {
  return /^(?:unix:\/\/)?\//.test(url);
}

/** Refuses a malformed URL. The message does not repeat it, as it may hold a password. */
export function checkUrl(url: string): void {
  if (isSocket(url) || /^rediss?:\/\/[^/?#]*(?:\/\d*)?(?:[?#]|$)/.test(url)) return;
  throw new TypeError(
    "Cannot connect: a Redis URL is redis://host:port/database, rediss://… or unix:///path/to/socket",
  );
}
