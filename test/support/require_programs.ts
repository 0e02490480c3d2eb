/**
 * The tests run against a real Redis and a real browser, so there have to be such
 * to start.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import process from "node:process";

/** Makes sure `redis-server` can be started; installs it if allowed to, else exits with 1. */
export function requireRedis(): void {
  if (found(["redis-server"], "redis-server") !== undefined) return;
  console.error(
    "Cannot run the tests: redis-server is not on the PATH; install Redis 7, e.g. apt-get install redis-server or brew install redis",
  );
  process.exit(1);
}

/**
 * Makes sure a Chromium can be started, and says how it is called; installs one if
 * allowed to, else exits with 1. `CHROMIUM` names another one.
 */
export function requireChromium(): string {
  const { CHROMIUM } = process.env;
  const command = found(
    CHROMIUM ? [CHROMIUM] : ["chromium", "chromium-browser", "google-chrome"],
    "chromium",
  );
  if (command !== undefined) return command;
  console.error(
    "Cannot run the tests in a browser: chromium is not on the PATH; install it, e.g. apt-get install chromium, or name one in CHROMIUM",
  );
  process.exit(1);
}

/** The first of `commands` that starts, once the package that has it was installed if need be. */
function found(commands: readonly string[], inPackage: string): string | undefined {
  const there = commands.find(starts);
  if (there !== undefined || process.getuid?.() !== 0 || !starts("apt-get")) return there;
  console.log(`${inPackage} is not on the PATH: installing it with apt-get`);
  apt("update");
  apt("install", "-y", "--no-install-recommends", inPackage);
  return commands.find(starts);
}

function starts(command: string): boolean {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}

function apt(...args: string[]): void {
  spawnSync("apt-get", args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}
