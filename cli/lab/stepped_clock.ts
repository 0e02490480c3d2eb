/**
 * Steps the clock of Redis: every script of the wrapped ports adds a number of seconds to
 * the time, which a key beside those of its queue holds. The server itself keeps its time.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Program, RedisPort } from "../../mod.ts";

const time = 'redis.call("TIME")';
const stepped = `(function()
local time=${time}
time[1]=time[1]+(redis.call("GET",string.match(KEYS[1],"^.-}:").."clock") or 0)
return time
end)()`;

/** Wraps `port`, so that its scripts read the stepped clock. */
export function steppedClock(port: RedisPort): RedisPort {
  const programs = new Map<string, Program>();
  return {
    run: (program, ...rest) => {
      if (!programs.has(program.sha)) programs.set(program.sha, onSteppedClock(program));
      return port.run(programs.get(program.sha)!, ...rest);
    },
    wait: port.wait.bind(port),
    ...(port.listen && { listen: port.listen.bind(port) }),
    close: () => port.close(),
  };
}

/** The key of the clock of the first partition of `queue`: the seconds that it is ahead. */
export function clockKey(prefix: string, queue: string): string {
  return `${prefix}:{${queue}~0}:clock`;
}

function onSteppedClock({ name, source }: Program): Program {
  const text = source.replace(time, () => stepped);
  return { name, source: text, sha: createHash("sha1").update(text).digest("hex") };
}
