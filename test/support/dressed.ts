/**
 * A port with something wrong about it, or with somebody listening in.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Program, RedisPort } from "../../mod.ts";
import { note } from "./diary.ts";

/**
 * `deaf`: it cannot listen · `slow to listen`: that takes its time · `late
 * ears`: at first it says that it listens, and does so later · `unfenced`: the
 * scripts do not check who holds a task · `telling`: refusals are noted.
 */
export type Wear = "deaf" | "slow to listen" | "late ears" | "unfenced" | "telling";

const lateMs = 2_500;
/** When late ears begin to hear. */
const hearsAt = performance.now() + lateMs;

/** Wraps `port`. */
export function dressed(port: RedisPort, wear: readonly Wear[]): RedisPort {
  const run: RedisPort["run"] = async (program, ...rest) => {
    const reply = await port.run(wear.includes("unfenced") ? unfenced(program) : program, ...rest);
    if (wear.includes("telling")) tell(program.name, reply as readonly unknown[]);
    return reply;
  };
  const listen: NonNullable<RedisPort["listen"]> = async (...args) => {
    if (wear.includes("slow to listen")) await later();
    if (!wear.includes("late ears") || performance.now() > hearsAt) {
      return await port.listen!(...args);
    }
    let over = false, stop = () => {};
    void later().then(async () => {
      if (!over) stop = await port.listen!(...args);
      if (over) stop();
    }).catch(() => {});
    return () => {
      over = true;
      stop();
    };
  };
  const bare = { run, wait: port.wait.bind(port), close: () => port.close() };
  return wear.includes("deaf") ? bare : { ...bare, listen };
}

function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, lateMs));
}

/** What the scripts say to somebody who holds a task no more. */
function tell(script: string, [word, , , , stale]: readonly unknown[]): void {
  if (word === "stale") note("refused", { text: script });
  if ((script === "turn" || script === "beat") && (stale as unknown[])?.length > 0) {
    note("refused", { text: script });
  }
}

const mutants = new Map<string, Program>();

/** `program` without the checks of the nonce: in the settles, and in the fence of all else. */
export function unfenced(program: Program): Program {
  let mutant = mutants.get(program.sha);
  if (!mutant) {
    const source = program.source
      .replace("if record.nonce == row.nonce and settles", "if settles")
      .replace(' and record.state == "running" and record.nonce == nonce', "");
    const sha = createHash("sha1").update(source).digest("hex");
    mutant = { ...program, source, sha };
    mutants.set(program.sha, mutant);
  }
  return mutant;
}
