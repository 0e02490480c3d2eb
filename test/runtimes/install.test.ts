/**
 * The package installs as users install it: by each package manager, from a registry,
 * beside any ioredis, without a warning.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { makeConsumer } from "../support/consumer.ts";
import { scaled } from "../support/machine_speed.ts";
import { offline } from "../support/online.ts";
import { executable } from "../support/runtimes.ts";

const run = promisify(execFile);
const consumer = makeConsumer();
after(() => consumer.remove());

const quick = ["--prefer-offline", "--no-audit", "--no-fund"];
const managers: Readonly<Record<string, readonly [command: string, ...args: string[]]>> = {
  "npm": ["npm", "install", ...quick],
  "npm 10": ["npx", "--yes", "npm@10", "install", ...quick],
  "bun": [executable("bun"), "add"],
  "pnpm": ["npx", "--yes", "pnpm@10", "add"],
};

const cases: readonly (readonly [manager: string, beside?: string])[] = [
  ["npm"],
  ["npm", "ioredis@5"],
  ["npm", "ioredis@6"],
  ["npm 10", "ioredis@6"],
  ["bun", "ioredis@6"],
  ["pnpm", "ioredis@6"],
];

const program = `
import { rlTask } from "@relier/core";
import { createTestRelier } from "@relier/core/testing";
const double = rlTask("double", (n) => n * 2);
const rl = await createTestRelier();
const handle = await double.apush(21);
await rl.drain();
console.log(await handle.result());
await rl.close();
`;
const environment = { ...process.env, NO_COLOR: "1" };

for (const [manager, beside] of cases) {
  const title = beside ? `${manager} installs it beside ${beside}` : `${manager} installs it alone`;
  test(`${title} without a warning, and its Redis for tests runs`, {
    skip: await offline(),
    timeout: scaled(120_000),
  }, async () => {
    const cwd = join(consumer.folder, title.replaceAll(/\W/g, "-"));
    mkdirSync(cwd);
    writeFileSync(join(cwd, "package.json"), `{"name":"mine","private":true,"type":"module"}`);
    const install = async (...what: string[]) => {
      const [command, ...args] = managers[manager]!;
      const { stdout, stderr } = await run(command, [...args, ...what], { cwd, env: environment });
      return stdout + stderr;
    };
    if (beside) await install(beside);
    const version = () =>
      JSON.parse(readFileSync(join(cwd, "node_modules", "ioredis", "package.json"), "utf8"))
        .version;
    const before = beside && version();
    const said = await install(consumer.tarball);
    assert.doesNotMatch(said, /warn|error|ERESOLVE|EBADENGINE|peer/i);
    if (beside) assert.equal(version(), before);
    writeFileSync(join(cwd, "main.mjs"), program);
    const { stdout, stderr } = await run(process.execPath, ["main.mjs"], { cwd });
    assert.deepEqual([stdout, stderr], ["42\n", ""]);
  });
}
