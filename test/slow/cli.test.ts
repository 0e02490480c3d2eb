/**
 * `rl` as a process: closed pipes, signals, a terminal, and the modules that it loads
 * at start.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { scaled } from "../support/machine_speed.ts";
import { freePort } from "../support/server.ts";
import { shared } from "../support/redis.ts";
import { root } from "../support/tree.ts";
import { until } from "../support/until.ts";

const scratch = mkdtempSync(join(tmpdir(), "relier-cli-test-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

// The compiled program, as users have it.
const dist = join(scratch, "dist");
execFileSync(process.execPath, ["--import", "tsx", "build.ts", "--out", dist], { cwd: root });
copyFileSync(join(root, "package.json"), join(scratch, "package.json"));
symlinkSync(join(root, "node_modules"), join(scratch, "node_modules"));
const bin = join(dist, "cli", "main.js");

function start(args: readonly string[], env: Record<string, string> = {}) {
  const { RELIER_REDIS_URL: _, REDIS_URL: __, ...inherited } = process.env;
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: scratch,
    env: { ...inherited, ...env },
  });
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => said.stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text) => said.stderr += text);
  const ended = once(child, "exit").then(([code, signal]) => ({ exit: code ?? signal, ...said }));
  return { child, said, ended };
}

test("a reader that closes the pipe early is no failure", async () => {
  const line = `"${process.execPath}" "${bin}" --describe | head -c 10; echo " \${PIPESTATUS[0]}"`;
  const { stdout, stderr } = await shell(line);
  assert.match(stdout, / 0\n$/);
  assert.equal(stderr, "");
});

async function shell(line: string) {
  const child = spawn("bash", ["-c", line]);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text) => stderr += text);
  const [exit] = await once(child, "close");
  return { exit, stdout, stderr };
}

test("output into a pipe arrives whole", async () => {
  const { stdout } = await shell(`"${process.execPath}" "${bin}" --describe | cat`);
  assert.ok(JSON.parse(stdout).commands.demo);
});

test("Ctrl-C ends watching with 0, and SIGTERM with 143", async () => {
  const env = { RELIER_REDIS_URL: await shared(), RELIER_PREFIX: "watched" };
  for (const [signal, exit] of [["SIGINT", 0], ["SIGTERM", 143]] as const) {
    const { child, said, ended } = start(["queues", "-w", "--refresh", "100ms"], env);
    await until("it has looked twice", () => said.stdout.split("Z\n").length > 2, 10_000);
    child.kill(signal);
    assert.equal((await ended).exit, exit);
  }
});

test("an unreachable Redis ends rl with 3 and its address, without its password", async () => {
  const began = performance.now();
  const url = `redis://me:hunter2@127.0.0.1:${await freePort()}/0`;
  const { exit, stderr } = await start(["queues", "--url", url]).ended;
  assert.equal(exit, 3);
  assert.ok(performance.now() - began < scaled(5_000));
  assert.match(
    stderr,
    /redis:\/\/\*\*\*@127\.0\.0\.1:\d+\/0 \(--url\).*ECONNREFUSED.*\[RL_CONNECTION\]\nhint/,
  );
  assert.doesNotMatch(stderr, /hunter2/);
});

test("Ctrl-C while Redis does not answer ends at once", async () => {
  const silent = createServer();
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  const called = once(silent, "connection");
  const { port } = silent.address() as AddressInfo;
  const { child, ended } = start(["queues", "--url", `redis://127.0.0.1:${port}`]);
  await called;
  const began = performance.now();
  child.kill("SIGINT");
  assert.equal((await ended).exit, 130);
  assert.ok(performance.now() - began < scaled(3_000));
  silent.close();
});

const noScript = process.platform === "linux" ? false : "script(1) has other options elsewhere";
test(
  "on a terminal it asks for confirmation, redraws and colours",
  { skip: noScript },
  async () => {
    const log = join(scratch, "typescript");
    const line = `${process.execPath} ${bin} queues -w --refresh 100ms`;
    const env = {
      ...process.env,
      RELIER_REDIS_URL: await shared(),
      RELIER_PREFIX: "painted",
      TERM: "xterm",
    };
    const child = spawn("script", ["-qefc", line, log], {
      env,
      stdio: ["pipe", "ignore", "inherit"],
    });
    const shown = () => {
      try {
        return readFileSync(log, "utf8");
      } catch {
        return "";
      }
    };
    await until("it has painted twice", () => shown().split("\u001b[?2026h").length > 3, 10_000);
    child.stdin.write("\u0003");
    await once(child, "exit");
    assert.ok(shown().includes("\u001b[?25l"));
    assert.ok(shown().lastIndexOf("\u001b[?25h") > shown().lastIndexOf("\u001b[?25l"));
  },
);

test("the version, help and completion load no engine, no client, and no command", async () => {
  for (const line of [["--version"], ["--help"], ["tasks", "--help"], ["complete", "--", "ta"]]) {
    // The time depends on the machine; the list of loaded modules does not.
    const folder = mkdtempSync(join(scratch, "loaded-"));
    assert.equal((await start(line, { NODE_V8_COVERAGE: folder }).ended).exit, 0);
    const [file = ""] = readdirSync(folder);
    const { result } = JSON.parse(readFileSync(join(folder, file), "utf8"));
    const loaded: string[] = result.map(({ url }: { url: string }) => url)
      .filter((url: string) => url.startsWith("file:"));
    assert.ok(
      loaded.some((url) => url.endsWith("/cli/framework/run_cli.js")),
      "something was loaded",
    );
    assert.deepEqual(
      loaded.filter((url) =>
        /ioredis|valibot|\/mod\.js|\/core\/(?!console\/|base\/(?:options|safe_text)\.js)|\/commands\/tasks\//
          .test(url)
      ),
      [],
    );
    assert.ok(loaded.length < 40, loaded.join("\n"));
  }
});
