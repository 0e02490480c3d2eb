/**
 * Declares to Upstash that a script touches only its own keys. Without that first
 * line a script locks the whole database. Redis itself refuses the line, so the
 * first refusal disables it: a server that is not Upstash (a proxy, a test)
 * costs two more requests, once.
 *
 * @module
 */

import { type Program, RedisError, type RedisPort } from "../../core/port.ts";

const line = "#!lua flags=allow-key-locking\n";

/** The refusals of the line: Redis 7 knows such lines but not the flag, Redis 6 knows neither. */
const refusal = /shebang|key-locking|ERR in line 1 of the script/;

/** Makes a `run` that locks only its keys if the server supports that, else everything. */
export function lockingKeys(run: RedisPort["run"]): RedisPort["run"] {
  const locking = new Map<string, Promise<Program>>();
  let able = true;

  function locked(plain: Program): Promise<Program> {
    let program = locking.get(plain.sha);
    if (program === undefined) locking.set(plain.sha, program = withLine(plain));
    return program;
  }

  return async (program, keys, args) => {
    if (able) {
      try {
        return await run(await locked(program), keys, args);
      } catch (error) {
        if (!(error instanceof RedisError) || !refusal.test(error.message)) throw error;
        able = false;
      }
    }
    return await run(program, keys, args);
  };
}

/** `program` behind the line, and the hash of that text. */
async function withLine(program: Program): Promise<Program> {
  const source = line + program.source;
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(source));
  const sha = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0"));
  return { name: program.name, sha: sha.join(""), source };
}
