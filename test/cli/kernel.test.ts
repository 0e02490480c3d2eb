/**
 * The command line: it finds the command, reads its arguments, and refuses invalid ones
 * before anything runs.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Command,
  command,
  type CommandInfo,
  type Context,
  type Group,
  group,
} from "../../cli/framework/command.ts";
import { CliError } from "../../cli/framework/cli_error.ts";
import { duration } from "../../cli/framework/duration.ts";
import { integer, list } from "../../cli/framework/option_values.ts";
import type { Ending } from "../../cli/framework/host.ts";
import { version } from "../../cli/framework/version.ts";
import { RelierError } from "../../mod.ts";
import { rl } from "../support/rl.ts";
import { read } from "../support/tree.ts";
import { until } from "../support/until.ts";

let runs: unknown[] = [];

const args = {
  id: { type: "positional", description: "The task" },
  more: { type: "positional", required: false, many: true },
  state: { type: "enum", options: ["ready", "running", "dead"], alias: "s" },
  queue: { type: "string", alias: ["Q", "q2"], default: "default" },
  tag: { type: "string", many: true },
  must: { type: "string" },
  keep: { type: "boolean", default: true, negativeDescription: "Remove it" },
  force: { type: "boolean", alias: "f" },
} as const;

const show: Command<typeof args> = command({
  summary: "Show it",
  examples: ["rl tasks show x"],
  args,
  offline: true,
  async run({ args, rest, out }) {
    runs.push({ ...args, rest });
    // Values have the types of their definitions.
    const typed: [string, string, boolean, "ready" | "running" | "dead" | undefined] = [
      args.id,
      args.queue,
      args.keep,
      args.state,
    ];
    await Promise.resolve();
    out.record({ id: typed[0], rest }, () => out.line(typed[0]));
  },
});

/** A command without arguments that runs `act`. */
function doing(act: (context: Context) => unknown, more: Partial<CommandInfo> = {}): Command {
  return command({
    summary: "Do it",
    examples: [],
    args: {},
    offline: true,
    ...more,
    async run(context) {
      return await act(context as Context) as number | void;
    },
  });
}

const lazily = (each: Command<any>) => () => Promise.resolve(each);

const tree: Group = group("A tree", {
  tasks: group("Tasks", {
    list: lazily(command({
      summary: "List them",
      examples: [],
      args: { state: { type: "string" }, limit: { type: "string", alias: "n" } },
      offline: true,
      run: ({ args, out }) => Promise.resolve(void (runs.push(args), out.line("listed"))),
    })),
    show: lazily(show),
  }, "list"),
  bare: group("No default", { show: lazily(show) }),
  fail: lazily(doing(({ host }) => {
    throw errors[host.env["FAIL"]!];
  })),
  seven: lazily(doing(() => 7)),
  own: lazily(command({
    summary: "Has options with the names of global ones",
    examples: [],
    args: { timeout: { type: "string" }, verbose: { type: "boolean", alias: "v" } },
    offline: true,
    run: ({ args }) => Promise.resolve(void runs.push(args)),
  })),
  sleep: lazily(doing(({ signal, out }) => {
    out.line("here");
    return new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    );
  })),
  deaf: lazily(doing(({ out }) => {
    out.line("here");
    return new Promise(() => {});
  })),
  drain: lazily(doing(({ signal, out, host }) => {
    out.line("here");
    return new Promise((resolve) =>
      signal.addEventListener(
        "abort",
        () => setTimeout(() => resolve(0), Number(host.env["DRAIN"])),
      )
    );
  }, { graceful: true })),
});

const errors: Record<string, unknown> = {
  connection: new RelierError("RL_CONNECTION", "Cannot push: no answer"),
  refused: new RelierError("RL_REFUSED", "Cannot push: Redis answered OOM; raise it", {
    hint: "raise it",
  }),
  missing: new RelierError("RL_NOT_FOUND", "Cannot find it", { hint: "look elsewhere" }),
  conflict: new RelierError("RL_CONFLICT", "Cannot do it"),
  late: new RelierError("RL_RESULT_TIMEOUT", "Cannot wait"),
  loss: new RelierError("RL_DATA_LOSS", "Cannot trust it"),
  other: new RelierError("RL_TASK_FAILED", "It is dead"),
  option: new RangeError('Cannot use option "x": it must be 1'),
  bug: new TypeError("Cannot read properties of undefined (reading 'x')"),
  broken: new CliError(8, "lost 1 task"),
  secret: new CliError(1, "at redis://u:hunter22@h/0?password=hunter33 with s3cr3t-token", {
    hint: "see rediss://:hunter22@h",
    cause: new Error("caused by redis://u:hunter22@h"),
  }),
  nasty: new CliError(1, "a\u001b[2Jb\u001b]0;pwned\u0007c\nd\u009b31me"),
  thrown: "just a text",
  absent: Object.assign(
    new Error("Cannot find package 'js-redis-server' imported from /app/node_modules/@relier/x.js"),
    { code: "ERR_MODULE_NOT_FOUND" },
  ),
  stack: new Error("it broke\n    at first (file:///app/node_modules/@relier/core/x.js:1:2)"),
};

async function call(line: string | readonly string[], options: Parameters<typeof rl>[1] = {}) {
  runs = [];
  const words = typeof line === "string" ? line.split(" ").filter((word) => word !== "") : line;
  return { ...await rl(words, { tree, ...options }), run: runs[0] as Record<string, unknown> };
}

test("a group runs its default command, and options may follow it at once", async () => {
  assert.equal((await call("tasks")).stdout, "listed\n");
  assert.equal((await call("tasks --state dead")).run["state"], "dead");
  assert.equal((await call("tasks list --state dead")).run["state"], "dead");
  assert.equal((await call("tasks -n 5")).run["limit"], "5");
});

test("global options may stand anywhere", async () => {
  for (
    const line of [
      "--json --queue x tasks show --url redis://h a",
      "--json tasks --url=redis://h show a",
      "tasks --url redis://h show a --json",
      "tasks show --json a",
    ]
  ) {
    const { exit, stdout, stderr } = await call(line.replace("--queue x ", ""));
    assert.equal(stderr, "");
    assert.deepEqual([exit, JSON.parse(stdout)], [0, { id: "a", rest: [] }]);
  }
  // Only global options may precede the command.
  assert.equal((await call("--queue x tasks show a")).exit, 2);
});

test("every way to write an option is read alike", async () => {
  const given = async (line: string) => {
    const { run, stderr } = await call(`tasks show a ${line}`);
    assert.equal(stderr, "", line);
    return run;
  };
  assert.equal((await given(""))["queue"], "default");
  assert.equal((await given(""))["keep"], true);
  assert.equal((await given("--queue x"))["queue"], "x");
  assert.equal((await given("--queue=x=y"))["queue"], "x=y");
  assert.equal((await given("-Q x"))["queue"], "x");
  assert.equal((await given("-Q=x"))["queue"], "x");
  assert.equal((await given("--q2 x"))["queue"], "x");
  assert.equal((await given("--queue -5"))["queue"], "-5", "a negative number is a value");
  assert.equal((await given("--queue -"))["queue"], "-");
  assert.equal((await given("--no-keep"))["keep"], false);
  assert.equal((await given("--keep --keep"))["keep"], true);
  assert.equal((await given("-fs dead"))["state"], "dead");
  assert.equal((await given("-fs dead"))["force"], true);
  assert.equal((await given("-fs=dead"))["state"], "dead");
  assert.equal((await given("--tag a --tag b,c"))["tag"], "a,b,c");
  assert.deepEqual((await given("b -5 -- --queue x"))["rest"], ["b", "-5", "--queue", "x"]);
  assert.deepEqual((await call(["tasks", "show", "a", ""])).run["rest"], [""]);
});

test("an unknown word is refused before anything runs, with the probable meaning", async () => {
  const long = "x".repeat(10_000);
  const refusals: [string | string[], RegExp][] = [
    ["taks", /command "taks"[^]*did you mean "tasks"\?/],
    ["tasks lits", /command "lits" of "rl tasks"[^]*did you mean "list"\?/],
    ["tasks frobnicate", /command "frobnicate"[^]*run "rl tasks --help"/],
    ["constructor", /command "constructor"/],
    ["tasks show a --stat dead", /option "--stat"[^]*did you mean "--state"\?/],
    ["tasks show a --state ded", /--state "ded"[^]*ready, running, dead[^]*did you mean "dead"\?/],
    ["tasks show a --state", /"--state": its value is missing/],
    ["tasks show a --queue --force", /"--queue": its value is missing/],
    ["tasks show a --queue -f", /"--queue": its value is missing/],
    ["tasks show a --queue=", /"--queue": its value is missing/],
    [["tasks", "show", "a", "--queue", ""], /"--queue": its value is missing/],
    ["tasks show a --queue x --queue y", /"--queue" twice: it was "x" before/],
    ["tasks show a --keep --no-keep", /"--no-keep" twice/],
    ["tasks show a --json=false", /"--json=false": --json takes no value/],
    ["tasks show a --no-keep=1", /"--no-keep=1": --no-keep takes no value/],
    ["tasks show a --no-queue", /option "--no-queue"/],
    ["tasks show a -x", /option "-x"[^]*run "rl tasks show --help"/],
    ["tasks show a -fx", /option "-x"/],
    ["tasks show a -sf dead", /option "-sf"/],
    ["tasks show", /"rl tasks show": <id> is missing/],
    [["tasks", "show", ""], /argument <id>: it is empty/],
    ["tasks list extra", /argument "extra": "rl tasks list" takes none here/],
    ["tasks --state dead list", /argument "list": "rl tasks list" takes none here/],
    ["-- tasks", /argument "tasks": "rl" takes none here/],
    ["--url", /"--url": its value is missing/],
    ["--vresion", /option "--vresion"[^]*did you mean "--version"\?/],
    ["tasks --timeout soon", /--timeout "soon": it is no duration/],
    ["tasks --timeout 0", /--timeout "0": it must be 1ms to 3650d/],
    [["tasks", `--${long}`], /option "--xxx.*… \(10002 characters\)"/],
    [["tasks", "show", "a", "b", `-${long}`], /option "-x/],
    [["tasks", "show", "a", "--state", long], /"x{80}… \(10000 characters\)"/],
    [["tasks", "\u001b[2Jx"], /command "x"/],
  ];
  for (const [line, expected] of refusals) {
    const { exit, stderr, stdout } = await call(line);
    assert.equal(exit, 2, `${line}: ${stderr}`);
    assert.match(stderr, expected);
    assert.match(stderr, /^error: .+ \[RL_USAGE\]\nhint: {2}.+\n$/);
    assert.ok(stderr.length < 1000, "it is short");
    assert.equal(stdout, "");
    assert.deepEqual(runs, [], "nothing ran");
  }
});

test("an option of a command takes precedence over the global one of the same name", async () => {
  const { run, exit } = await call("own --timeout never -v");
  assert.deepEqual([exit, run["timeout"], run["verbose"]], [0, "never", true]);
});

test("help, the version and a description are printed at every position", async () => {
  assert.equal((await call("--version")).stdout, `${version}\n`);
  assert.equal((await call("tasks show -v")).stdout, `${version}\n`);
  for (
    const line of ["tasks show --help", "tasks --help show", "help tasks show", "tasks show -fh"]
  ) {
    const { exit, stdout } = await call(line);
    assert.equal(exit, 0);
    assert.match(stdout, /^rl tasks show {2}Show it\n\nUsage\n {2}rl tasks show <id>/, line);
  }
  assert.match((await call("tasks show --stat x --help")).stdout, /^rl tasks show/);
  assert.match((await call("tasks --state x --help")).stdout, /^rl tasks list/);
  assert.match((await call("tasks --help")).stdout, /^rl tasks {2}Tasks\n/);
  assert.match((await call("")).stdout, /^rl .*A tree\n/);
  assert.match((await call("bare")).stdout, /^rl bare/);
  assert.match((await call("help tsks")).stderr, /did you mean "tasks"\?/);
  assert.deepEqual(
    (await call("tasks show -- --help x")).run["rest"],
    ["x"],
    "behind -- it is a value",
  );
  assert.equal(runs.length, 1);
});

test("every error becomes one line, a hint and its exit code", async () => {
  const cases: [string, number, RegExp][] = [
    [
      "connection",
      3,
      /^error: Cannot reach Redis at redis:\/\/127.*\(default\): Cannot push.*\[RL_CONNECTION\]\nhint: {2}start it/,
    ],
    ["refused", 3, /^error: Cannot push: Redis answered OOM; raise it \[RL_REFUSED\]\n$/],
    ["missing", 4, /Cannot find it \[RL_NOT_FOUND\]\nhint: {2}look elsewhere\n$/],
    ["conflict", 5, /\[RL_CONFLICT\]\n$/],
    ["late", 6, /\[RL_RESULT_TIMEOUT\]\n$/],
    ["loss", 7, /\[RL_DATA_LOSS\]\n$/],
    ["other", 1, /\[RL_TASK_FAILED\]\n$/],
    ["option", 2, /\[RL_USAGE\]\nhint: {2}run "rl fail --help"/],
    ["bug", 1, /\[RL_FAILED\]\nhint: {2}--debug/],
    ["broken", 8, /^error: lost 1 task \[RL_BROKEN\]\n$/],
    ["thrown", 1, /^error: just a text/],
    [
      "absent",
      1,
      /package "js-redis-server" is not installed .*\nhint: {2}npm install js-redis-server\n$/,
    ],
    ["stack", 1, /^error: it broke \[RL_FAILED\]\nhint/],
    ["nasty", 1, /^error: abc d ?e \[RL_FAILED\]\n$/],
  ];
  for (const [which, exit, expected] of cases) {
    const call = await rl(["fail"], { tree, env: { FAIL: which } });
    assert.equal(call.exit, exit, call.stderr);
    assert.match(call.stderr, expected);
    const json = await rl(["fail", "--json"], { tree, env: { FAIL: which } });
    assert.equal(json.exit, exit);
    const { code, message, exit: reported } = JSON.parse(json.stderr);
    assert.equal(reported, exit);
    assert.ok(call.stderr.includes(`${message} [${code}]`));
  }
  assert.equal((await rl(["seven"], { tree })).exit, 7);
});

test("no password is shown in any form", async () => {
  for (const more of [[], ["--debug"], ["--json"], ["--json", "--debug"]]) {
    const { stderr } = await rl(["fail", ...more, "--url", "redis://me:hunter44@h"], {
      tree,
      env: {
        FAIL: "secret",
        RELIER_TOKEN: "s3cr3t-token",
        RELIER_REDIS_URL: "redis://u:hunter22@h",
      },
    });
    assert.match(stderr, /redis:\/\/\*\*\*@h\/0\?password=\*\*\* with \*\*\*/);
    assert.doesNotMatch(stderr, /hunter|s3cr3t/);
    assert.equal(/\n +at /.test(stderr), more.includes("--debug"), "a stack is for --debug");
  }
});

/** Runs `line`, and sends signals once it runs. */
async function interrupted(line: string, drain: string, ...signals: Ending[]) {
  const { exit, stderr } = await call(line, {
    env: { DRAIN: drain },
    started: async (send, said) => {
      await until("it runs", () => said().includes("here"));
      for (const signal of signals) send(signal);
    },
  });
  assert.equal(stderr, "");
  return { exit };
}

test("Ctrl-C and SIGTERM end a command, one that ignores them too, and wait for a drain", async () => {
  assert.equal((await interrupted("sleep", "", "SIGINT")).exit, 130);
  assert.equal((await interrupted("sleep", "", "SIGTERM")).exit, 143);
  assert.equal((await interrupted("deaf", "", "SIGINT")).exit, 130);
  assert.equal((await interrupted("drain", "1000", "SIGTERM")).exit, 0);
});

test("a second Ctrl-C ends everything but a drain at once", async () => {
  assert.equal((await interrupted("deaf", "", "SIGINT", "SIGINT")).exit, 130);
  assert.equal((await interrupted("drain", "300", "SIGTERM", "SIGINT")).exit, 0);
});

test("--timeout ends a command with 6", async () => {
  for (const line of ["sleep --timeout 50ms", "deaf --timeout 50ms"]) {
    const { exit, stderr } = await call(line);
    assert.equal(exit, 6);
    assert.match(stderr, /Cannot finish within 50 ms \[RL_TIMEOUT\]/);
  }
});

test("durations, whole numbers and lists are read strictly", () => {
  const read = (text: string) => duration("--x", text);
  assert.deepEqual(["30", "30s", "500ms", "1.5m", "2h", "1d", "0"].map(read), [
    30_000,
    30_000,
    500,
    90_000,
    7_200_000,
    86_400_000,
    0,
  ]);
  for (const text of ["", " 5s", "5 s", "-5s", "5x", "1e3", "٣s", "NaN", "9".repeat(40)]) {
    assert.throws(() => read(text), { exit: 2 }, text);
  }
  assert.throws(() => duration("--x", "11s", { max: 10_000 }), /0ms to 10s/);
  assert.equal(integer("--n", "42", { min: 0, max: 50 }), 42);
  for (const text of ["", "4.2", "0x10", "51", "-1", "1e1", " 1"]) {
    assert.throws(() => integer("--n", text, { min: 0, max: 50 }), /whole number from 0 to 50/);
  }
  assert.deepEqual(list("--q", "a, b,a"), ["a", "b"]);
  assert.throws(() => list("--q", "a,,b"), /one of its parts is empty/);
});

test("the printed version is that of the package", () => {
  assert.equal(version, JSON.parse(read("package.json")).version);
});
