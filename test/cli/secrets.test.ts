/**
 * Secrets on a machine with several users: the control server, the Redis that `rl` starts,
 * the list of processes, and configuration files of others.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { redact } from "../../cli/framework/redact.ts";
import { startLabRedis } from "../../cli/lab/lab_redis.ts";
import { callControl } from "../../cli/supervisor/control_client.ts";
import { type ControlActions, openControlServer } from "../../cli/supervisor/control_server.ts";
import { oneLine } from "../../cli/terminal/text.ts";
import { createRelier } from "../../mod.ts";
import { rl } from "../support/rl.ts";
import { here, programLine } from "../support/runtimes.ts";
import { root } from "../support/tree.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "relier-secrets-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("a stranger who asks the control server of a cluster does not learn its id", async () => {
  const actions = { status: () => Promise.resolve({ name: "c" }) } as unknown as ControlActions;
  const { address, close } = await openControlServer(actions);
  try {
    for (const authorization of [undefined, "Bearer wrong", `Bearer ${address.key}x`]) {
      for (const path of ["status", "nothing", ""]) {
        const response = await fetch(`http://127.0.0.1:${address.port}/${path}`, {
          method: "POST",
          ...authorization && { headers: { authorization } },
        });
        assert.equal(response.status, 403);
        assert.doesNotMatch(await response.text(), new RegExp(address.id));
      }
    }
    assert.deepEqual(await callControl(address, "status"), { name: "c" });
    assert.equal(await callControl({ ...address, key: "wrong" }, "status"), undefined);
  } finally {
    close();
  }
});

test("a Redis that rl starts has a password, which no list of processes shows", async () => {
  const redis = await startLabRedis();
  try {
    const { password, host } = new URL(redis.url);
    assert.match(password, /^[0-9a-f]{32}$/);
    assert.doesNotMatch(redis.about, new RegExp(password));
    const listed = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
    assert.doesNotMatch(listed, new RegExp(password));
    const stranger = createRelier({ redis: `redis://${host}` });
    await assert.rejects(stranger.queues(), /NOAUTH|authenticat/i);
    await stranger.close();
    await redis.restart();
    const own = createRelier({ redis: redis.url });
    await until("it is back", () => own.queues().then(() => true, () => false));
    await own.close();
    assert.match(await redis.send("PING"), /PONG/);
  } finally {
    await redis.close();
  }
});

test("a token or password in the command line leaves the list of processes", {
  skip: process.platform !== "linux" && "processes show their arguments in another way",
}, async () => {
  const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
  const options = ["--port", "0", "--token", "token-of-the-test-1", "--url"];
  // No Redis answers there: the command tries for a while.
  const { command, args } = programLine(here, main, [
    "dashboard",
    ...options,
    "redis://:password-of-it@127.0.0.1:1",
  ]);
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  const exited = once(child, "exit");
  let printed = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => printed += text);
  const title = (): string => readFileSync(`/proc/${child.pid}/cmdline`, "utf8");
  try {
    if (here === "bun") {
      await until("it warns", () => printed.includes("\n"));
      assert.match(printed, /^warning: .* shows the secret .* RELIER_REDIS_URL/);
      assert.doesNotMatch(printed, /token-of-the-test|password-of-it/);
    } else {
      await until("it hides them", () => title().includes("***"));
      assert.doesNotMatch(title(), /token-of-the-test|password-of-it/);
    }
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
});

test("a configuration file of another user is not run, unless it is given", {
  skip: process.getuid?.() !== 0 && "only root can give files away",
}, async () => {
  const below = join(folder, "shared", "mine");
  mkdirSync(below, { recursive: true });
  const file = join(folder, "shared", "relier.config.mjs");
  writeFileSync(file, 'export default { prefix: "theirs" };');
  chownSync(file, 12_345, 12_345);
  for (const cwd of [below, join(folder, "shared")]) {
    const { exit, stderr } = await rl(["config", "show"], { cwd });
    assert.equal(exit, 2);
    assert.match(stderr, /it belongs to another user/);
    assert.match(stderr, /--config .*relier\.config\.mjs/);
  }
  const given = await rl(["config", "show", "--config", file], { cwd: below });
  assert.match(given.stdout, /theirs/);
  // In a container the files of a project often belong to another user than the process.
  chownSync(join(folder, "shared"), 12_345, 12_345);
  assert.match((await rl(["config", "show"], { cwd: join(folder, "shared") })).stdout, /theirs/);
});

test("a path of a package is no login, and an example in a hint stays", () => {
  const path = "file:///app/node_modules/@relier/core/dist/mod.js";
  assert.equal(redact(`in (${path}:3:1)`), `in (${path}:3:1)`);
  const example = "redis://user:password@host:port";
  assert.equal(redact(example), example);
  assert.equal(redact("redis://user:passwords@host"), "redis://***@host");
});

test("long texts are cleaned in the time that reading them takes", () => {
  const n = 200_000;
  const before = process.cpuUsage();
  assert.equal(oneLine(`${" ".repeat(n)}x`), "x");
  assert.equal(oneLine(`a${" ".repeat(n)}b`).length, n + 2);
  assert.equal(oneLine("a \n\t b\r\n"), "a b");
  assert.equal(redact("://".repeat(n)).length, 3 * n);
  assert.equal(redact("at redis://u:p@ss@host x@y"), "at redis://***@host x@y");
  assert.ok(process.cpuUsage(before).user < 2_000_000);
});
