/**
 * Checks for the real Redis and the real browser that the tests need.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";

/** Checks that `redis-server` starts; installs it if that is allowed, else exits with 1. */
export async function requireRedis(): Promise<void> {
  if (await found(["redis-server"], "redis-server") !== undefined) return;
  console.error(
    "Cannot run the tests: redis-server is not on the PATH; install Redis 7, e.g. apt-get install redis-server or brew install redis",
  );
  process.exit(1);
}

/**
 * Checks that a Chromium starts, and resolves to its command. It installs one if that
 * is allowed, else exits with 1. `CHROMIUM` selects another one.
 */
export async function requireChromium(): Promise<string> {
  const { CHROMIUM } = process.env;
  const command = await found(
    CHROMIUM ? [CHROMIUM] : ["chromium", "chromium-browser", "google-chrome"],
    "chromium",
  );
  if (command !== undefined) return command;
  console.error(
    "Cannot run the tests in a browser: chromium is not on the PATH; install it, e.g. apt-get install chromium, or name one in CHROMIUM",
  );
  process.exit(1);
}

/** The first of `commands` that starts; installs the package that contains it if none does. */
async function found(commands: readonly string[], inPackage: string): Promise<string | undefined> {
  const there = await firstOf(commands);
  if (there !== undefined || process.getuid?.() !== 0 || !await starts("apt-get")) return there;
  console.log(`${inPackage} is not on the PATH: installing it with apt-get`);
  await apt("update");
  await apt("install", "-y", "--no-install-recommends", inPackage);
  return await firstOf(commands);
}

async function firstOf(commands: readonly string[]): Promise<string | undefined> {
  for (const command of commands) if (await starts(command)) return command;
  return undefined;
}

function starts(command: string): Promise<boolean> {
  const child = spawn(command, ["--version"], { stdio: "ignore" });
  return new Promise((resolve) => {
    child.once("error", () => resolve(false)).once("exit", (code) => resolve(code === 0));
  });
}

function apt(...args: string[]): Promise<void> {
  const child = spawn("apt-get", args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  return new Promise((resolve) => {
    child.once("error", () => resolve()).once("exit", () => resolve());
  });
}
