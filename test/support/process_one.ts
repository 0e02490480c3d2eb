/**
 * Runs a program as process 1, as in a container: it has no parent to inherit from, adopts
 * orphans, and gets only the signals it listens to. Where no namespace can be made, it is an
 * ordinary process.
 *
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import process from "node:process";
import { bounded, until } from "./until.ts";

/** A program that runs as process 1. */
export interface ProcessOne {
  /** The output so far. */
  output(): string;
  /** Sends SIGTERM to process 1 alone, as a container runtime does. */
  terminate(): Promise<void>;
  /** Resolves to the exit code, or to the signal that ended it. Rejects after `ms`. */
  ended(ms: number): Promise<number | string>;
  /** Kills all processes. */
  kill(): void;
}

const namespace = ["--pid", "--fork", "--mount-proc", "--kill-child"];
const hasNamespaces = process.platform === "linux" &&
  spawnSync("unshare", [...namespace, "true"], { stdio: "ignore" }).status === 0;

const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach(killGroup));

/** Starts `program`. */
export function asProcessOne(
  [command, ...args]: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): ProcessOne {
  const child = hasNamespaces
    ? spawn("unshare", [...namespace, command!, ...args], { ...options, detached: true })
    : spawn(command!, args, { ...options, detached: true });
  running.add(child);
  const end = once(child, "exit").then(([code, signal]) => code ?? signal);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => output += text);
  }
  return {
    output: () => output,
    async terminate() {
      if (!hasNamespaces) return void child.kill("SIGTERM");
      await until("it has begun", () => childrenOf(child.pid!).length === 1);
      process.kill(childrenOf(child.pid!)[0]!, "SIGTERM");
    },
    ended: (ms) => bounded("it ends", end, ms),
    kill() {
      killGroup(child);
      running.delete(child);
    },
  };
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(" ").filter(Boolean).map(Number);
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, "SIGKILL");
  } catch {
    // The group has no process left.
  }
}
