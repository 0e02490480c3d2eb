/**
 * Whether this user may do what the engine does, and how well it is connected.
 * Each command is tried inside a script, on a key of its own, in a way that
 * changes nothing: permission is checked before a command is carried out.
 *
 * @module
 */

import { type Program, RedisError, type RedisPort } from "../../../mod.ts";
import { program } from "../../processes/find_program.ts";
import { type Check, fail, ok, warn } from "../../../core/console/mod.ts";

/** Every command that scripts call, with arguments that read nothing or are refused. */
export const commands: readonly string[] = [
  "TIME",
  "INFO server",
  "PUBSUB NUMSUB @channel",
  "PUBLISH @channel x",
  "EXISTS @key",
  "PERSIST @key",
  "HGET @key f",
  "HMGET @key f",
  "HGETALL @key",
  "HEXISTS @key f",
  "HLEN @key",
  "HSTRLEN @key f",
  "HSCAN @key 0",
  "HINCRBY @key f x",
  "HDEL @key f",
  "ZADD @key x m",
  "ZREM @key m",
  "ZCARD @key",
  "ZCOUNT @key 0 0",
  "ZSCORE @key m",
  "ZMSCORE @key m",
  "ZRANK @key m",
  "ZRANGE @key 0 0",
  "ZRANGEBYSCORE @key 0 0",
  "ZRANGEBYLEX @key - +",
  "ZLEXCOUNT @key - +",
  "LLEN @key",
  "UNLINK @key",
  // Made last and removed at once: a list cannot be pushed to where a hash is.
  "HSET @key f 1",
  "LPUSH @key x",
];

const attempt = program(
  "doctor",
  `
local out = {}
for i, line in ipairs(ARGV) do
  local words = {}
  for word in string.gmatch(line, "%S+") do
    words[#words + 1] = word == "@key" and KEYS[1] or word == "@channel" and KEYS[2] or word
  end
  local reply = redis.pcall(unpack(words))
  out[i] = type(reply) == "table" and reply.err or ""
  if words[1] == "HSET" and out[i] ~= "" then break end
end
redis.pcall("HDEL", KEYS[1], "f")
return out`,
);
const clock = program("clock", `return redis.call("TIME")`);
/** No server has it cached, so that it has to be sent whole, as after a restart of Redis. */
const uncached: Program = { ...program("uncached", "return 1"), sha: "0".repeat(40) };
const rounds = 50;
const slowMs = 50;
const longestDrift = 1000;
/** How long a wait for work is tried. */
const waitMs = 10;

/** Looks at what this user may do at `prefix`, and at the way there. */
export async function accessChecks(port: RedisPort, prefix: string): Promise<Check[]> {
  const root = `${prefix}:{default~0}:`;
  const [key, channel] = [`${root}doctor`, `${root}@doctor`];
  try {
    await port.run(uncached, [key], []);
    const errors = await port.run(attempt, [key, channel], commands) as readonly string[];
    await port.wait([key], waitMs);
    return [
      permissions(errors),
      ...await travel(port, key),
      await presence(port, channel),
    ];
  } catch (error) {
    if (!(error instanceof RedisError) || error.reply !== "NOPERM") throw error;
    return [refusal(error.message, prefix)];
  }
}

/** What is missing, by the words of Redis about a call that it refused. */
function refusal(message: string, prefix: string): Check {
  const command = /'(\w+)' command/.exec(message)?.[1];
  return command === undefined
    ? fail(
      "access",
      `this user may not touch the keys of prefix "${prefix}"`,
      `ACL SETUSER <user> ~${prefix}:* &${prefix}:*`,
    )
    : fail("access", `this user may not call ${command}`, `ACL SETUSER <user> +${command}`);
}

const denial = /NOPERM|no permission|ACL failure|can'?t (run|access)|can not/i;

function permissions(errors: readonly string[]): Check {
  const named = (pattern: RegExp) =>
    commands.filter((_, i) => pattern.test(errors[i] ?? "")).map((line) => line.split(" ")[0]!);
  const unknown = named(/unknown.*command/i);
  if (unknown.length > 0) {
    return fail("access", `it does not know ${unknown.join(", ")}`, "update Redis to 7.0 or newer");
  }
  const denied = named(denial).map((name) => name.toLowerCase());
  if (denied.length === 0) return ok("access", "this user may do all that is needed");
  const fix = `ACL SETUSER <user> ${denied.map((name) => `+${name}`).join(" ")}`;
  return fail("access", `this user may not call ${denied.join(", ")}`, fix);
}

/** How long a call takes, and whether the clocks agree. */
async function travel(port: RedisPort, key: string): Promise<Check[]> {
  const times: number[] = [];
  let driftMs = Infinity;
  for (let i = 0; i < rounds; i++) {
    const [before, began] = [Date.now(), performance.now()];
    const [seconds, micros] = await port.run(clock, [key], []) as [string, string];
    const ms = performance.now() - began;
    times.push(ms);
    // The shortest way tells best: Redis read its clock half way.
    const drift = Number(seconds) * 1000 + Number(micros) / 1000 - before - ms / 2;
    if (ms <= Math.min(...times)) driftMs = drift;
  }
  times.sort((a, b) => a - b);
  const [p50, p99] = [times[rounds >> 1]!, times[rounds - 1]!];
  const text = `${p50.toFixed(1)} ms p50, ${p99.toFixed(1)} ms p99 of ${rounds} calls`;
  const drift = `${Math.abs(Math.round(driftMs))} ms ${
    driftMs < 0 ? "behind" : "ahead of"
  } this machine`;
  return [
    p99 < slowMs ? ok("latency", text) : warn(
      "latency",
      text,
      "move it closer, or look at SLOWLOG and at what else this machine does",
    ),
    Math.abs(driftMs) < longestDrift ? ok("clock", drift) : warn(
      "clock",
      `${drift}: times shown here are off; tasks only go by Redis`,
      "run NTP on both",
    ),
  ];
}

/** Whether a subscription can be had: by it a dead worker is noticed at once. */
async function presence(port: RedisPort, channel: string): Promise<Check> {
  const fix = "ACL SETUSER <user> +subscribe +unsubscribe +ssubscribe +sunsubscribe &<prefix>:*";
  const lost = "a dead worker is noticed only when its lease ends";
  if (!port.listen) return warn("channels", `this client has none: ${lost}`, "use TCP for workers");
  try {
    const stop = await port.listen(channel, () => {});
    stop();
    return ok("channels", "allowed: a dead worker is noticed within a second");
  } catch (error) {
    return warn("channels", `${(error as Error).message}: ${lost}`, fix);
  }
}
