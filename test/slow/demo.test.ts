/**
 * The demo, as a new user runs it right after the installation. Its claims are checked
 * against its effects, and an audit of falsified data has to fail.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { scaled } from "../support/machine_speed.ts";
import { startRedis } from "../support/redis.ts";
import { root } from "../support/tree.ts";
import { until } from "../support/until.ts";

const scratch = mkdtempSync(join(tmpdir(), "relier-demo-test-"));
const children = new Set<ChildProcess>();
after(() => {
  // A demo leads its own process group, which holds all of its processes.
  for (const child of children) if (groupLives(child.pid!)) process.kill(-child.pid!, "SIGKILL");
  rmSync(scratch, { recursive: true, force: true });
});

/** A finished call of `rl`. */
interface Call {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

function start(args: readonly string[], env: Record<string, string> = {}) {
  const began = performance.now();
  const { RELIER_REDIS_URL: _, ...inherited } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", "cli/main.ts", ...args], {
    cwd: root,
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  children.add(child);
  const call = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => call.stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text) => call.stderr += text);
  const ended: Promise<Call> = once(child, "close").then(([exit]) => ({
    ...call,
    exit,
    ms: performance.now() - began,
  }));
  return { child, call, ended };
}

async function rl(args: readonly string[], env: Record<string, string> = {}): Promise<Call> {
  const { child, ended } = start(args, env);
  const call = await ended;
  await until("nothing it started is left", () => !groupLives(child.pid!), 10_000);
  return call;
}

function groupLives(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

function checkFigures({ exit, stdout, stderr, ms }: Call, files: number | undefined): void {
  assert.equal(exit, 0, stderr);
  assert.ok(ms < scaled(60_000), `it took ${Math.round(ms)} ms`);
  const line = stdout.trimEnd().split("\n").at(-1)!;
  const figures = JSON.parse(line);
  assert.match(
    line,
    /^\{"pushed":\d+,"completed":\d+,"dead":\d+,"lost":0,"duplicateEffects":0,"resurrections":\d+,"fenced":\d+,"recoveryMs":\{"p50":\d+,"max":\d+\}\}$/,
  );
  if (files !== undefined) assert.equal(figures.completed, files);
  assert.equal(figures.pushed, figures.completed + 1, "all but the poison");
  assert.equal(figures.dead, 1, "the poison");
  assert.ok(figures.resurrections >= 4, "a kill, a freeze, and the poison twice");
  assert.ok(figures.fenced >= 1);
  const { p50, max } = figures.recoveryMs;
  assert.ok(p50 > 0 && p50 <= max && max < scaled(10_000), line);
  for (
    const sign of ["SIGKILL", "SIGSTOP", "SIGCONT", "SIGTERM", "fenced", "handed off", "dead-"]
  ) {
    assert.ok(stderr.includes(sign), `nothing is said of ${sign}:\n${stderr}`);
  }
}

test("the demo loses nothing, and its audit notices removed data", async () => {
  const output = join(scratch, "output");
  checkFigures(await rl(["demo", "--json", "--keep", "--output", output]), undefined);

  const order = JSON.parse(readFileSync(join(output, "order.json"), "utf8"));
  assert.ok(order.files.includes("mod.ts"), "it works on the project's own sources");
  const ledger = join(output, "ledger.ndjson");
  const result = join(output, "results", "mod.ts.result.json");
  const audit = async () => {
    const { exit, stdout, stderr } = await rl(["demo", "--json", "--audit", output]);
    return { exit, stderr, ...JSON.parse(stdout) };
  };
  const truth = await audit();
  assert.equal(truth.exit, 0, truth.stderr);
  assert.equal(truth.files, order.files.length);
  assert.equal(truth.results, order.files.length);

  /** Changes the file at `path` for one audit. */
  async function lie(path: string, change: (text: string) => string | undefined) {
    const text = readFileSync(path, "utf8");
    const changed = change(text);
    if (changed === undefined) rmSync(path);
    else writeFileSync(path, changed);
    const found = await audit();
    writeFileSync(path, text);
    return found;
  }
  const lies: [string, string, (text: string) => string | undefined, number, number][] = [
    ["a result is deleted", result, () => undefined, 1, 0],
    ["a result is another file's", result, (text) => text.replace("mod.ts", "mod.js"), 1, 0],
    [
      "a result has another hash",
      result,
      (text) => text.replace(/[0-9a-f]{64}/, "0".repeat(64)),
      1,
      0,
    ],
    ["a result is cut off", result, (text) => text.slice(0, 20), 1, 0],
    ["an effect is doubled", ledger, (text) => text + text.split("\n")[0] + "\n", 0, 1],
    ["an effect is missing", ledger, (text) => text.replace(/.*\n/, ""), 1, 0],
    ["the ledger is gone", ledger, () => undefined, order.files.length, 0],
  ];
  for (const [what, path, change, lost, duplicateEffects] of lies) {
    const found = await lie(path, change);
    assert.deepEqual(
      { exit: found.exit, lost: found.lost, duplicateEffects: found.duplicateEffects },
      { exit: 8, lost, duplicateEffects },
      `${what}\n${found.stderr}`,
    );
  }
  assert.equal((await audit()).exit, 0, "the truth again");
});

test("without any Redis the demo runs on the embedded engine, and says so", async () => {
  const bin = join(scratch, "bin");
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, "node"));
  const { input, count } = someFiles("few", 6);
  const output = join(scratch, "removed");
  const args = ["demo", "--json", "--no-keep", "--input", input, "--output", output];
  const call = await rl(args, { PATH: bin });
  checkFigures(call, count);
  assert.match(
    call.stderr,
    /embedded engine, which keeps everything in memory and is not for production/,
  );
  assert.equal(existsSync(output), false, "--no-keep removes what was made");
});

test("a named Redis is used, and stays unchanged", async () => {
  const server = await startRedis();
  try {
    await server.cli("SET", "mine", "untouched");
    const { input, count } = someFiles("named", 6);
    const args = ["demo", "--json", "--no-keep", "--input", input];
    const call = await rl(args, { RELIER_REDIS_URL: server.url });
    checkFigures(call, count);
    assert.ok(call.stderr.includes(`127.0.0.1:${server.port} (RELIER_REDIS_URL)`), call.stderr);
    assert.equal((await server.cli("KEYS", "*")).trim(), "mine");
  } finally {
    await server.kill();
  }
});

test("Ctrl-C ends all processes of the demo", async () => {
  const { input } = someFiles("interrupted", 6);
  const { child, call, ended } = start(["demo", "--no-keep", "--input", input]);
  // The worst moment: a stopped process cannot end itself.
  await until("a worker is stopped", () => call.stdout.includes("SIGSTOP"), 30_000);
  child.kill("SIGINT");
  assert.equal((await ended).exit, 130);
  await until("nothing it started is left", () => !groupLives(child.pid!), 10_000);
});

test("an impossible demo is refused before anything starts, with the alternative", async () => {
  const stranger = createServer((_, response) => response.end("hello"));
  after(() => stranger.close());
  stranger.listen(0, "127.0.0.1");
  await once(stranger, "listening");
  const { port } = stranger.address() as AddressInfo;
  const empty = join(scratch, "empty");
  mkdirSync(empty);
  const { input: three } = someFiles("three", 3);
  const full = someFiles("full", 1).input;
  const refusals: [string[], number, RegExp][] = [
    [["demmo"], 2, /command "demmo"[^]*did you mean "demo"/],
    [["--vresion"], 2, /option "--vresion"/],
    [["demo", "--inptu", "x"], 2, /option "--inptu"[^]*did you mean "--input"/],
    [["demo", "--input"], 2, /"--input": its value is missing/],
    [["demo", "--input", "--keep"], 2, /"--input": its value is missing/],
    [["demo", "--json=yes"], 2, /"--json=yes": --json takes no value/],
    [["demo", "extra"], 2, /argument "extra"/],
    [
      ["demo", "--input", join(scratch, "nowhere")],
      2,
      /--input ".*nowhere": the folder does not exist/,
    ],
    [["demo", "--input", "package.json"], 2, /--input "package.json": it is not a folder/],
    [
      ["demo", "--input", empty],
      2,
      /--input ".*empty": it contains no readable file[^]*at least 4/,
    ],
    [["demo", "--input", three], 2, /--input ".*three": it contains only 3[^]*at least 4/],
    [["demo", "--output", full], 2, /--output ".*full": it is not empty/],
    [["demo", "--output", "package.json/x"], 2, /--output "package.json\/x"/],
    [["demo", "--work", "fast"], 2, /--work "fast": it is no duration[^]*250ms/],
    [["demo", "--audit", empty], 2, /audit ".*empty"/],
    [
      ["demo", "--url", "http://u:secret@host"],
      2,
      /--url "http:\/\/\*\*\*@host": it is no Redis URL/,
    ],
    [
      ["demo", "--url", "redis://u:secret@127.0.0.1:1"],
      3,
      /127\.0\.0\.1:1 \(option --url\)[^]*ECONN/,
    ],
    [["demo", "--url", `redis://127.0.0.1:${port}`], 3, /Cannot reach a Redis at/],
  ];
  for (const [args, exit, expected] of refusals) {
    const call = await rl(args);
    assert.equal(call.exit, exit, `${args.join(" ")}\n${call.stderr}`);
    assert.match(call.stderr, expected);
    assert.match(call.stderr, /^error: .+\nhint: {2}.+\n$/);
    assert.doesNotMatch(call.stderr, /secret/);
  }
  const refused = await rl(["demo", "--json", "--input", empty]);
  assert.match(
    JSON.parse(refused.stderr).message,
    /it contains no readable file/,
    "programs read JSON",
  );
});

/** Creates a folder of `count` small files, some with unusual names. */
function someFiles(name: string, count: number): { input: string; count: number } {
  const input = join(scratch, name);
  mkdirSync(join(input, "in a folder"), { recursive: true });
  for (let i = 0; i < count; i++) {
    const path = i % 2 ? `in a folder/${i}.txt` : `naïve — ${i} {~}.md`;
    appendFileSync(join(input, path), `file ${i}\n`.repeat(i * 100));
  }
  return { input, count };
}
