/**
 * Checks the permissions of this user and the quality of the connection. A script
 * tries each command on a key of its own with arguments that change nothing: Redis
 * checks permission before it runs a command.
 *
 * @module
 */

import { type Program, RedisError, type RedisPort } from "../../../mod.ts";
import { program } from "../../processes/find_program.ts";
import { type Check, fail, ok, warn } from "../../../core/console/mod.ts";

/** Every command that scripts call, with arguments that Redis refuses or that read nothing. */
export const commands: readonly string[] = [
  "TIME",
  "INFO server",
  "PUBSUB NUMSUB @channel",
  "PUBLISH @channel x",
  "EXISTS @key",
  "TYPE @key",
  "DUMP @key",
  "DEL @key",
  "PERSIST @key",
  "PEXPIRE @key 1",
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
  // Last, and removed at once: LPUSH fails on a key that holds a hash.
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
/** A script that no server has cached, so that its text is sent, as after a restart of Redis. */
const uncached: Program = { ...program("uncached", "return 1"), sha: "0".repeat(40) };
const rounds = 50;
const slowMs = 50;
const longestDrift = 1000;
/** Length of the blocking wait that is tried. */
const waitMs = 10;

/** Checks the permissions of this user for `prefix`, and the connection. */
export async function accessChecks(port: RedisPort, prefix: string): Promise<Check[]> {
  const root = `${prefix}:{default~0}:`;
  const [key, channel] = [`${root}doctor`, `${root}@doctor`];
  try {
    await port.run(uncached, [key], []);
    const errors = await port.run(attempt, [key, channel], commands) as readonly string[];
    await port.wait([key], waitMs);
    return [
      permissions(errors),
      ...await latencyChecks(port, key),
      await subscriptionCheck(port, channel),
    ];
  } catch (error) {
    if (!(error instanceof RedisError) || error.reply !== "NOPERM") throw error;
    return [refusal(error.message, prefix)];
  }
}

/** Names the missing permission, read from the error of Redis. */
function refusal(message: string, prefix: string): Check {
  const command = /'(\w+)' command|may not run ([A-Z]+)/.exec(message)?.slice(1).find(Boolean)
    ?.toLowerCase();
  return command === undefined
    ? fail(
      "access",
      `this user has no access to the keys of prefix "${prefix}"`,
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
    return fail(
      "access",
      `unknown commands: ${unknown.join(", ")}`,
      "update Redis to 7.0 or newer",
    );
  }
  const denied = named(denial).map((name) => name.toLowerCase());
  if (denied.length === 0) return ok("access", "this user has all permissions needed");
  const fix = `ACL SETUSER <user> ${denied.map((name) => `+${name}`).join(" ")}`;
  return fail("access", `this user may not call ${denied.join(", ")}`, fix);
}

/** Measures the latency of calls and the difference of the clocks. */
async function latencyChecks(port: RedisPort, key: string): Promise<Check[]> {
  const times: number[] = [];
  let driftMs = Infinity;
  for (let i = 0; i < rounds; i++) {
    const [before, began] = [Date.now(), performance.now()];
    const [seconds, micros] = await port.run(clock, [key], []) as [string, string];
    const ms = performance.now() - began;
    times.push(ms);
    // The fastest call is the most exact one: Redis read its clock halfway.
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
      "move Redis closer, or check SLOWLOG and the load of this machine",
    ),
    Math.abs(driftMs) < longestDrift ? ok("clock", drift) : warn(
      "clock",
      `${drift}: times shown here are off; tasks use the clock of Redis`,
      "run NTP on both",
    ),
  ];
}

/** Tests a subscription, which reveals a dead worker at once. */
async function subscriptionCheck(port: RedisPort, channel: string): Promise<Check> {
  const fix = "ACL SETUSER <user> +subscribe +unsubscribe +ssubscribe +sunsubscribe &<prefix>:*";
  const lost = "a dead worker is noticed only when its lease expires";
  if (!port.listen) {
    return warn("channels", `this client has no channels: ${lost}`, "use TCP for workers");
  }
  try {
    const stop = await port.listen(channel, () => {});
    stop();
    return ok("channels", "allowed: a dead worker is noticed within a second");
  } catch (error) {
    return warn("channels", `${(error as Error).message}: ${lost}`, fix);
  }
}
