/**
 * The self-description of `rl`: help, descriptions and completion, for every command.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { promisify } from "node:util";
import type { Command, Group, Load } from "../../cli/framework/command.ts";
import { inheritedOptions } from "../../cli/framework/global_options.ts";
import { parse } from "../../cli/framework/parse_args.ts";
import { findCommand } from "../../cli/framework/find_command.ts";
import { widthOf } from "../../cli/terminal/text.ts";
import { tree } from "../../cli/command_tree.ts";
import { rlTask } from "../../mod.ts";
import { withRelier } from "../support/relier.ts";
import { rl } from "../support/rl.ts";
import { until } from "../support/until.ts";
import { here, programLine } from "../support/runtimes.ts";
import { root } from "../support/tree.ts";

interface Leaf {
  readonly path: readonly string[];
  readonly command: Command;
}

const scratch = mkdtempSync(join(tmpdir(), "relier-help-test-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

async function leavesOf(node: Group | Load, path: readonly string[] = []): Promise<Leaf[]> {
  if (typeof node === "function") return [{ path, command: await node() }];
  const below = Object.entries(node.subCommands).map(([name, child]) =>
    leavesOf(child, [...path, name])
  );
  return (await Promise.all(below)).flat();
}

function groupsOf(
  node: Group,
  path: readonly string[] = [],
): { path: readonly string[]; group: Group }[] {
  const below = Object.entries(node.subCommands).flatMap(([name, child]) =>
    typeof child === "function" ? [] : groupsOf(child, [...path, name])
  );
  return [{ path, group: node }, ...below];
}

const leaves = await leavesOf(tree);
const groups = groupsOf(tree);

/** Splits a command line into words, as a shell does. */
function wordsOf(line: string): string[] {
  const bare = line.split(/ [|<>] | [|<>]$| && /)[0]!;
  return [...bare.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, one, two, three]) =>
    one ?? two ?? three!
  );
}

test("help of every command and group fits into 100 columns, and 80 on such a terminal", async () => {
  const paths = [...leaves.map(({ path }) => path), ...groups.map(({ path }) => path)];
  for (const path of paths) {
    for (const [columns, options] of [[100, {}], [80, { tty: { columns: 80 } }]] as const) {
      const { exit, stdout, stderr } = await rl([...path, "--help", "--no-color"], options);
      assert.deepEqual([exit, stderr], [0, ""]);
      for (const line of stdout.split("\n")) {
        // An example is shown as typed.
        if (/^ {2}rl /.test(line)) continue;
        assert.ok(widthOf(line) <= columns, `rl ${path.join(" ")}: ${line}`);
        assert.equal(line, line.trimEnd());
      }
    }
  }
});

test("every command describes itself in one line, and shows examples that can be typed", () => {
  for (const { path, command } of leaves) {
    const name = `rl ${path.join(" ")}`;
    assert.match(command.summary, /^[A-Z].*[^.]$/, name);
    assert.ok(command.examples.length > 0, `${name} has no example`);
    for (const arg of Object.values(command.args)) {
      assert.match(arg.description ?? "", /^.+[^.]$/s, `an argument of ${name} is not described`);
    }
    for (const example of command.examples) {
      const at = example.search(/\brl /);
      assert.ok(at >= 0, `${name}: ${example}`);
      const words = wordsOf(example.slice(at)).slice(1);
      const found = findCommand(tree, words);
      assert.equal(typeof found.node, "function", `${name}: ${example}`);
      assert.doesNotThrow(
        () => parse(path, command.args, inheritedOptions(command), found.tokens),
        `${name}: ${example}`,
      );
    }
  }
});

test("every group has the command that it runs by default", () => {
  for (const { path, group } of groups) {
    assert.match(group.meta.description, /^[A-Z].*[^.]$/);
    if (group.default === undefined) continue;
    assert.equal(typeof group.subCommands[group.default], "function", path.join(" "));
  }
});

test("no option of a command shares a letter with another, or with help", () => {
  for (const { path, command } of leaves) {
    const letters = Object.values(command.args).flatMap(({ alias }) => [alias ?? []].flat());
    assert.equal(new Set(letters).size, letters.length, path.join(" "));
    assert.ok(!letters.includes("h"), path.join(" "));
  }
});

test("--describe describes everything for programs, at every level", async () => {
  const all = JSON.parse((await rl(["--describe"])).stdout);
  assert.equal(all.commands.config.commands.show.summary, (await showConfig()()).summary);
  const demo = JSON.parse((await rl(["demo", "--describe"])).stdout);
  assert.deepEqual(demo.path, ["demo"]);
  const keep = demo.options.find(({ name }: { name: string }) => name === "keep");
  assert.deepEqual([keep.type, keep.default, keep.flags], ["boolean", true, [
    "--no-keep",
    "--keep",
  ]]);
  assert.equal(demo.exitCodes[8], "invariant broken");
  assert.ok(demo.examples.length > 0);
});

function showConfig(): Load {
  return (tree.subCommands["config"] as Group).subCommands["show"] as Load;
}

async function completed(...words: string[]): Promise<string[]> {
  const { exit, stdout, stderr } = await rl(["complete", "--", ...words]);
  assert.deepEqual([exit, stderr], [0, ""]);
  return stdout.split("\n").filter((line) => line !== "").map((line) => line.split("\t")[0]!);
}

test("completion knows commands, options and values, and nothing impossible", async () => {
  assert.deepEqual(await completed("confi"), ["config"]);
  assert.deepEqual(await completed("config", ""), ["show", "path", "validate"]);
  assert.deepEqual(await completed("config", "v"), ["validate"]);
  assert.deepEqual(await completed("--url", "redis://h", "config", "pa"), ["path"]);
  assert.deepEqual(await completed("demo", "--no-k"), ["--no-keep"]);
  assert.deepEqual(await completed("demo", "--jso"), ["--json"]);
  assert.deepEqual(await completed("demo", "--input", ""), [], "the shell knows files");
  assert.deepEqual(await completed("demo", "x"), []);
  assert.deepEqual(await completed("nowhere", "x"), []);
  assert.deepEqual(await completed("demo", "--", "--jso"), []);
  assert.ok((await completed("")).includes("demo"));
  assert.ok(!(await completed("")).includes("complete"));
  assert.ok((await completed()).includes("demo"));
  assert.deepEqual(await completed("constructor", "__proto__"), []);
});

test(
  "completion knows the queues, tasks and workers of Redis, the states, and parts of a list",
  withRelier(async (lab) => {
    const names = rlTask("help-known", { queue: "reports" }, () => 1);
    await lab.worker({ name: "ann", queues: ["reports"] });
    await names.apush();
    await until("it is listed", async () => (await lab.rl.queues()).length > 0);
    const here = async (...words: string[]): Promise<string[]> => {
      const { stdout } = await rl(["complete", "--", ...words], lab);
      return stdout.split("\n").filter(Boolean).map((line) => line.split("\t")[0]!);
    };
    assert.deepEqual(await here("queues", "pause", "re"), ["reports"]);
    assert.deepEqual(await here("queues", "pause", "reports", ""), []);
    assert.deepEqual(await here("dlq", "--queue", ""), ["reports"]);
    assert.ok((await here("tasks", "push", "")).includes("help-known"));
    assert.deepEqual(await here("worker", "drain", ""), ["ann"]);
    assert.deepEqual(await here("tasks", "--state", "re"), ["ready"]);
    assert.deepEqual(await here("tasks", "list", "--state=dead,ca"), ["--state=dead,cancelled"]);
    const { exit, stdout } = await rl(["complete", "--", "queues", "pause", ""], {
      url: "redis://127.0.0.1:1",
    });
    assert.deepEqual([exit, stdout], [0, ""], "a Redis that is away offers nothing");
  }),
);

test("the help groups the commands, each in one place, and rl version prints the version", async () => {
  const { stdout } = await rl(["--help", "--no-color"]);
  const titles = [...stdout.matchAll(/^([A-Z][a-z ]+)$/gm)].map(([, title]) => title);
  assert.deepEqual(titles.slice(1, 5), ["Core commands", "Operate", "Prove", "Advanced"]);
  assert.match(stdout, /recovery, phoenix/);
  const { stdout: version } = await rl(["version"]);
  assert.equal(version, (await rl(["--version"])).stdout);
});

test("bash completes with the script that rl prints", async () => {
  const script = join(scratch, "completion.bash");
  writeFileSync(script, (await rl(["completion", "bash"])).stdout);
  const command = join(scratch, "rl");
  const line = programLine(here, join(root, "cli", "main.ts"));
  const quotedLine = [line.command, ...line.args].map((word) => `"${word}"`).join(" ");
  writeFileSync(command, `#!/bin/sh\nexec ${quotedLine} "$@"\n`);
  chmodSync(command, 0o755);
  const tab = async (...words: string[]) => {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const { stdout } = await promisify(execFile)("bash", [
      "-c",
      `source ${script}; COMP_WORDS=(rl ${quoted}); COMP_CWORD=${words.length}; _rl; ` +
      'printf "%s\\n" "${COMPREPLY[@]}"',
    ], { env: { ...process.env, PATH: `${scratch}${delimiter}${process.env["PATH"]}` } });
    return stdout.trim().split("\n");
  };
  assert.deepEqual(await tab("config", ""), ["show", "path", "validate"]);
  assert.deepEqual(await tab("demo", "--inp"), ["--input"]);
});

test("there is a script for each shell, and no other", async () => {
  for (const shell of ["bash", "zsh", "fish", "powershell"]) {
    const { exit, stdout } = await rl(["completion", shell]);
    assert.equal(exit, 0);
    assert.match(stdout, /rl complete -- /);
  }
  const { exit, stderr } = await rl(["completion", "bsh"]);
  assert.equal(exit, 2);
  assert.match(stderr, /bash, zsh, fish, powershell[^]*did you mean "bash"\?/);
});
