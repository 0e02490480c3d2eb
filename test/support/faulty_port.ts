/**
 * A port with a fault, or one that notes what is refused.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Program, RedisPort } from "../../mod.ts";
import { note } from "./effect_log.ts";

/**
 * `deaf`: it cannot subscribe · `slow to listen`: its subscriptions take time · `late
 * ears`: it reports a subscription before it has one · `careless`: a settle does not
 * check who holds the task · `unfenced`: no script checks that · `noting refusals`: it notes
 * refusals.
 */
export type PortFault =
  | "deaf"
  | "slow to listen"
  | "late ears"
  | "careless"
  | "unfenced"
  | "noting refusals";

const lateMs = 2_500;
/** The time from which a port with `late ears` receives messages. */
const hearsAt = performance.now() + lateMs;

/** Wraps `port` so that it has `faults`. */
export function withFaults(port: RedisPort, faults: readonly PortFault[]): RedisPort {
  const run: RedisPort["run"] = async (program, ...rest) => {
    const fenced = !faults.includes("careless") && !faults.includes("unfenced");
    const asked = fenced ? program : mutant(program, faults.includes("unfenced"));
    const reply = await port.run(asked, ...rest);
    if (faults.includes("noting refusals")) noteRefusal(program.name, reply as readonly unknown[]);
    return reply;
  };
  const listen: NonNullable<RedisPort["listen"]> = async (...args) => {
    if (faults.includes("slow to listen")) await later();
    if (!faults.includes("late ears") || performance.now() > hearsAt) {
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
  if (faults.includes("deaf")) return bare;
  // A thread would open a subscription of its own.
  const late = faults.includes("slow to listen") || faults.includes("late ears");
  return late ? { ...bare, listen } : { ...bare, listen, origin: port.origin! };
}

function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, lateMs));
}

/** Notes that a script refused a worker which no longer holds the task. */
function noteRefusal(script: string, [word, , , , stale]: readonly unknown[]): void {
  if (word === "stale") note("refused", { text: script });
  if (
    (script === "settle_and_claim" || script === "heartbeat") && (stale as unknown[])?.length > 0
  ) {
    note("refused", { text: script });
  }
}

const mutants = new Map<string, Program>();

/** `program` without the nonce check of its settles and, if `everywhere`, of the fence. */
function mutant(program: Program, everywhere: boolean): Program {
  let made = mutants.get(program.sha);
  if (!made) {
    let source = program.source.replace("if record.nonce==row.nonce and settles", "if settles");
    if (everywhere) {
      source = source.replace(' and record.state=="running" and record.nonce==nonce', "");
    }
    if (program.name === "settle_and_claim" && source === program.source) {
      throw new Error("The check of the nonce is not where it was: there is no mutant");
    }
    const sha = createHash("sha1").update(source).digest("hex");
    made = { ...program, source, sha };
    mutants.set(program.sha, made);
  }
  return made;
}
