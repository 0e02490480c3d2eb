/**
 * Declares to Upstash that a script touches only its own keys. Without that first
 * line a script locks the whole database. Redis itself refuses the line, so the
 * first refusal disables it: a server that is not Upstash (a proxy, a test)
 * costs two more requests, once.
 *
 * @module
 */

import { type Program, RedisError, type RedisPort } from "../../core/port.ts";
import { sha1 } from "./sha1.ts";

const line = "#!lua flags=allow-key-locking\n";

/** The refusals of the line: Redis 7 knows such lines but not the flag, Redis 6 knows neither. */
const refusal = /shebang|key-locking|ERR in line 1 of the script/;

/** Makes a `run` that locks only its keys if the server supports that, else everything. */
export function lockingKeys(run: RedisPort["run"]): RedisPort["run"] {
  const locking = new Map<string, Program>();
  let able = true;

  function locked(plain: Program): Program {
    let program = locking.get(plain.sha);
    if (program === undefined) {
      const source = line + plain.source;
      program = { name: plain.name, sha: sha1(source), source };
      locking.set(plain.sha, program);
    }
    return program;
  }

  return async (program, keys, args) => {
    if (able) {
      try {
        return await run(locked(program), keys, args);
      } catch (error) {
        if (!(error instanceof RedisError) || !refusal.test(error.message)) throw error;
        able = false;
      }
    }
    return await run(program, keys, args);
  };
}
