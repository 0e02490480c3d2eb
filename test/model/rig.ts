/**
 * Environment for the comparison of scripts: a clock that the test moves, and all
 * contents of Redis after each reply.
 *
 * The scripts are the published ones, with one line replaced in each (the one that
 * reads the time). A mutant removes further parts.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { keyOf, type Partition, partitionOf } from "../../core/protocol/keys.ts";
import type { Program, RedisPort, Reply } from "../../core/port.ts";
import { addRows } from "../../core/redis/call.ts";
import { dense } from "../../lua/build.ts";
import * as scripts from "../support/scripts.ts";
import { states } from "../../core/states.ts";

/** The name of a script, or of a worker that hears the bell. */
export type ScriptName = keyof typeof scripts | "hear";

/** One call of a script. */
export interface Call {
  readonly script: ScriptName;
  readonly partition: Partition;
  /** Microseconds since 1970, by the clock of the test. */
  readonly nowUs: number;
  readonly args: readonly string[];
}

/** Replacements in the text of every script that has them. */
export type Patch = readonly [from: string, to: string];

/** Result of a call: its reply, and all data after it. */
export type Outcome = readonly [reply: Reply, held: Reply];

/** Differences from a rig that sends the time with each script. */
export interface RigOptions {
  /** Replacements; each must fit at least one script. */
  readonly patches?: readonly Patch[];
  /** Moves the engine's own clock, and returns it, in ms: the scripts use that time. */
  readonly advance?: (ms: number) => number;
}

/** Scripts under comparison, on one engine. */
export interface Rig {
  /** The earliest start of the next sequence. */
  nowUs(): number;
  /** Makes calls in their order; resolves to the reply and the contents after each. */
  run(calls: readonly Call[]): Promise<readonly Outcome[]>;
  /** Findings of the audit at `partition`: section, entry and what is wrong. */
  audit(partition: Partition): Promise<readonly Reply[]>;
}

/** Effect of `wait` on a bell; no script does it. */
const hear = {
  name: "hear",
  keys: ["bell"],
  args: [],
  row: [],
  source: 'return { "ok", "", 0, redis.call("RPOP", KEYS[1]) and 1 or 0 }',
} as const;

const all = { ...scripts, hear };

const time: Patch = ['redis.call("TIME")', "{ math.floor(clock / 1000000), clock % 1000000 }"];

/** All data under a root: a name and a value for each key, with packed maps expanded. */
const dump = `
local root = string.match(KEYS[1], "^.-}:")
local held = {}
for _, state in ipairs({ ${Object.keys(states).map((state) => `"${state}"`).join(", ")},
  "holds", "tenants", "deferred", "rate", "workers" }) do
  held[#held + 1] = redis.call("ZRANGE", root .. state, 0, -1, "WITHSCORES")
end
local function laidOpen(packed)
  local flat = {}
  for name, value in pairs(cmsgpack.unpack(packed)) do
    flat[#flat + 1], flat[#flat + 2] = name, value
  end
  return flat
end
for _, hash in ipairs({ "meta", "task", "record", "partial", "steps", "waiters", "worker" }) do
  local pairs = redis.call("HGETALL", root .. hash)
  for i = 2, #pairs, 2 do
    if hash == "record" or hash == "worker" and not string.find(pairs[i - 1], "#", 1, true) then
      pairs[i] = laidOpen(pairs[i])
    elseif hash == "steps" then
      pairs[i] = cmsgpack.unpack(pairs[i])
    end
  end
  held[#held + 1] = pairs
end
held[#held + 1] = redis.call("LLEN", root .. "bell")
`;

/** The sections of the audit. */
const sections = [...Object.keys(states), "task", "record", "partial", "steps", "waiters"]
  .concat("holds", "tenants", "deferred");

/** Prepares the scripts on `port`. */
export async function rigOn(port: RedisPort, options: RigOptions = {}): Promise<Rig> {
  const { patches = [], advance } = options;
  const fitting = new Set<Patch>();
  const sourceOf = ({ source }: { readonly source: string }): string =>
    patches.reduce((text, patch) => {
      const from = dense(patch[0]);
      if (text.includes(from)) fitting.add(patch);
      return text.replaceAll(from, patch[1]);
    }, source);
  const programs = new Map<ScriptName, Program>();
  for (const name of Object.keys(all) as ScriptName[]) {
    const text = advance ? sourceOf(all[name]) : timed(name, sourceOf(all[name]));
    programs.set(
      name,
      named(
        `model of ${name}`,
        `local clock = tonumber(table.remove(ARGV))
local function script()
${text}
end
local reply = script()
${dump}
return { reply, held }`,
      ),
    );
  }
  for (const patch of patches) assert.ok(fitting.has(patch), `no script says ${patch[0]} any more`);
  const auditor = named("model of audit", auditing(sourceOf(scripts.audit)));

  const keysOf = (name: ScriptName, partition: Partition) =>
    all[name].keys.map((key) => keyOf(partition, key));
  // An unknown script is sent again with its text, and so after the calls behind it.
  const warm = partitionOf("warm", 0, "model");
  for (const [name, program] of programs) {
    await port.run(program, keysOf(name, warm), ["0"]).catch(() => {});
  }
  const make = ({ script, partition, nowUs, args }: Call): Promise<Outcome> =>
    port.run(programs.get(script)!, keysOf(script, partition), [...args, `${nowUs}`]) as never;
  return {
    nowUs: () => advance ? advance(0) * 1000 : 1_800_000_000_000_007,
    async run(calls) {
      if (!advance) return await Promise.all(calls.map(make));
      const outcomes: Outcome[] = [];
      for (const call of calls) {
        advance(call.nowUs / 1000 - advance(0));
        outcomes.push(await make(call));
      }
      return outcomes;
    },
    audit: (partition) => port.run(auditor, keysOf("audit", partition), ["", "", ""]) as never,
  };
}

/** The text of a script that reads the time from its arguments. */
function timed(name: ScriptName, text: string): string {
  const [from, to] = time;
  const asks = text.includes("nowUs=");
  assert.ok(
    !asks || text.includes(from),
    `"${name}" asks for the time in another way than ${from}`,
  );
  return text.replaceAll(from, to);
}

/** The arguments of a call, in the order of its script. */
export function argumentsOf(name: ScriptName, args: Values, rows: readonly Values[]): string[] {
  const script: { readonly args: readonly string[]; readonly row: readonly string[] } = all[name];
  const values = script.args.map((arg) => String(args[arg]));
  addRows(values, script.row, rows);
  return values;
}

/** Named values. */
export type Values = Readonly<Record<string, unknown>>;

/** The audit of every section in one call. */
function auditing(text: string): string {
  return `local function script()
${text}
end
local found = {}
for _, section in ipairs({ ${sections.map((section) => `"${section}"`).join(", ")} }) do
  ARGV[1], ARGV[2], ARGV[3] = section, "0", "200"
  local reply = script()
  if reply[4] ~= "0" then found[#found + 1] = "more of " .. section .. " than a model has" end
  for _, part in ipairs(reply[5]) do found[#found + 1] = section .. ": " .. part end
end
return found`;
}

function named(name: string, source: string): Program {
  return { name, source, sha: createHash("sha1").update(source).digest("hex") };
}
