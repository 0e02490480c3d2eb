/**
 * The quick start of the README, word for word: from an empty folder, with the package
 * as it is published.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { makeConsumer } from "../support/consumer.ts";
import { scaled } from "../support/machine_speed.ts";
import { offline } from "../support/online.ts";
import { read } from "../support/tree.ts";

const run = promisify(execFile);
const consumer = makeConsumer();
after(() => consumer.remove());

const [, part = ""] = read("README.md").split(/<!-- \/?quick-start -->/);
const blocks = [...part.matchAll(/```(\w+)\n(.*?)```/gs)].map(([, language, text]) => ({
  language,
  text: text!,
}));

test("the quick start works from an empty folder: a task survives the SIGKILL of its worker", {
  skip: await offline(),
  timeout: scaled(180_000),
}, async () => {
  const cwd = join(consumer.folder, "empty");
  mkdirSync(cwd);
  const { RELIER_REDIS_URL: _, ...inherited } = process.env;
  const env = { ...inherited, NO_COLOR: "1" };
  const shell = async (script: string) => {
    const { stdout, stderr } = await run("bash", ["-ec", script], {
      cwd,
      env,
      timeout: scaled(120_000),
    });
    return stdout + stderr;
  };
  let said = "";
  try {
    for (const { language, text } of blocks) {
      const [, file] = /^\/\/ (\S+\.m?[jt]s)\n/.exec(text) ?? [];
      if (language !== "sh") writeFileSync(join(cwd, file!), text);
      else said += await shell(text.replace("install @relier/core", `install ${consumer.tarball}`));
    }
  } finally {
    await shell("npx rl cluster down --json || true");
  }
  assert.match(said, /carrot cake is ready/);
  assert.match(said, /SIGKILL[^]*resurrections\W+1/);
  assert.doesNotMatch(said, /EBADENGINE|ERESOLVE|npm warn/);
});
