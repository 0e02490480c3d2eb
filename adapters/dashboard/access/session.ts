/**
 * From a token to a session: a token is shown once and swapped for a cookie,
 * which says until when it is good and is signed with the token. So nothing is
 * stored, and a new token ends every session.
 *
 * @module
 */

/** How long a session lasts. */
export const sessionSeconds: number = 12 * 3600;

const encoder = new TextEncoder();

/** Makes and reads the sessions of `token`. */
export interface Sessions {
  /** Whether `text` is the token, without telling by the time it takes how much of it is right. */
  isToken(text: string): Promise<boolean>;
  /** The text of a cookie that is good from now on. */
  begin(now: number): Promise<string>;
  /** Whether `cookie` is good. */
  isGood(cookie: string, now: number): Promise<boolean>;
}

/** Makes the sessions of `token`. */
export function createSessions(token: string): Sessions {
  let key: ReturnType<typeof crypto.subtle.importKey> | undefined;
  const sign = async (text: string): Promise<Uint8Array> => {
    key ??= crypto.subtle.importKey(
      "raw",
      encoder.encode(token),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    return new Uint8Array(await crypto.subtle.sign("HMAC", await key, encoder.encode(text)));
  };
  return {
    // Of equal texts the signatures are equal; of others nothing is.
    isToken: async (text) => equal(await sign(`token ${text}`), await sign(`token ${token}`)),
    async begin(now) {
      const until = Math.floor(now / 1000) + sessionSeconds;
      return `${until}.${hex(await sign(`session ${until}`))}`;
    },
    async isGood(cookie, now) {
      const [, until, signature] = /^(\d{1,12})\.([0-9a-f]{64})$/.exec(cookie) ?? [];
      if (until === undefined || Number(until) * 1000 < now) return false;
      const right = encoder.encode(hex(await sign(`session ${until}`)));
      return equal(encoder.encode(signature), right);
    },
  };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  let differing = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) differing |= (a[i] ?? 0) ^ b[i]!;
  return differing === 0;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
