/**
 * The tests run against a real Redis, so there has to be one to start.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import process from "node:process";

/** Makes sure `redis-server` can be started; installs it if allowed to, else exits with 1. */
export function requireRedis(): void {
  if (starts("redis-server")) return;
  if (process.getuid?.() === 0 && starts("apt-get")) {
    console.log("redis-server is not on the PATH: installing it with apt-get");
    apt("update");
    apt("install", "-y", "--no-install-recommends", "redis-server");
    if (starts("redis-server")) return;
  }
  console.error(
    "Cannot run the tests: redis-server is not on the PATH; install Redis 7, e.g. apt-get install redis-server or brew install redis",
  );
  process.exit(1);
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
