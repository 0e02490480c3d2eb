/**
 * The output of commands: for people, for programs, in pipes and on terminals. No data
 * reaches the terminal as a command.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { command, type Context, type Group, group } from "../../cli/framework/command.ts";
import { type Column, spanOf } from "../../cli/framework/output.ts";
import { styleOf } from "../../cli/framework/style.ts";
import { tableLines } from "../../cli/terminal/table.ts";
import { json } from "../../core/console/json.ts";
import { cut, harmless, pad, plain, widthOf } from "../../cli/terminal/text.ts";
import { rl, type RlOptions } from "../support/rl.ts";

interface Row {
  readonly id: string;
  readonly name: string;
  readonly count: number;
}

const evil =
  "\u001b[2J\u001b]0;title\u0007\u001b[31mred\u009b5m\u0000\u0008\u202egnp\r\nnext\u2066";
const columns: Column<Row>[] = [
  { title: "ID", of: ({ id }) => id },
  { title: "NAME", of: ({ name }) => name, flex: true },
  { title: "COUNT", of: ({ count }) => String(count), align: "right" },
  { title: "TWICE", of: ({ count }) => String(count * 2), align: "right", wide: true },
];

function printing(print: (context: Context) => void): Group {
  const loaded = command({
    summary: "Print",
    examples: [],
    args: {},
    offline: true,
    run: (context) => Promise.resolve(print(context as Context)),
  });
  return group("", { p: () => Promise.resolve(loaded) });
}

async function print(what: (context: Context) => void, flags = "", options: RlOptions = {}) {
  const words = ["p", ...flags.split(" ").filter((word) => word !== "")];
  const result = await rl(words, { tree: printing(what), ...options });
  assert.equal(result.exit, 0, result.stderr);
  return result;
}

const rows: Row[] = [
  { id: "a1", name: "short", count: 5 },
  { id: "b22", name: "a name that is rather long for a column", count: 1234 },
];

test("a table is aligned, numbers to the right, and is not cut in a pipe", async () => {
  const { stdout } = await print(({ out }) => out.table(rows, columns));
  assert.equal(
    stdout,
    "ID   NAME                                     COUNT\n" +
      "a1   short                                        5\n" +
      "b22  a name that is rather long for a column   1234\n",
  );
  assert.match((await print(({ out }) => out.table(rows, columns), "--wide")).stdout, /TWICE\n/);
});

test("on a terminal the flexible column is cut, and no line is wider than the terminal", async () => {
  const narrow = { tty: { columns: 30 } };
  const { stdout } = await print(({ out }) => out.table(rows, columns), "--no-color", narrow);
  assert.match(stdout, /^b22 {2}a name that is ra… {3}1234$/m);
  for (const columnsOf of [1, 5, 10, 20, 30, 80]) {
    const { stdout } = await print(({ out }) => out.table(rows, columns), "", {
      tty: { columns: columnsOf },
    });
    for (const line of stdout.split("\n")) assert.ok(widthOf(line) <= columnsOf, line);
  }
});

test("programs get a line of JSON for each row, and ids with -q", async () => {
  const all = ({ out }: Context) => {
    out.table(rows, columns);
    out.line("for people");
  };
  assert.deepEqual((await print(all, "--json")).lines(), rows);
  assert.equal((await print(all, "-q")).stdout, "a1\nb22\n");
  const one = ({ out }: Context) => out.record(rows[0]!, () => out.line("human"));
  assert.deepEqual((await print(one, "--json")).lines(), [rows[0]]);
  assert.equal((await print(one, "-q")).stdout, "a1\n");
  assert.equal((await print(one)).stdout, "human\n");
  assert.equal((await print(({ out }) => out.record({ name: "n" }, () => {}), "-q")).stdout, "n\n");
  assert.equal((await print(one, "", { env: { RELIER_OUTPUT: "json" } })).stdout[0], "{");
});

test("the message about an empty list goes to stderr, not into the data", async () => {
  const none = ({ out }: Context) => out.table([], columns, "no tasks");
  const { stdout, stderr } = await print(none);
  assert.deepEqual([stdout, stderr], ["", "no tasks\n"]);
  assert.equal((await print(none, "--json")).stdout, "");
  assert.equal((await print(({ out }) => out.note("talk"), "-q")).stderr, "");
});

test("colour is for terminals, and on request", async () => {
  const red = ({ out }: Context) => out.line(out.style.red("x"));
  const colored = async (flags: string, options: RlOptions) =>
    (await print(red, flags, options)).stdout === "\u001b[31mx\u001b[39m\n";
  const tty = {};
  assert.equal(await colored("", {}), false);
  assert.equal(await colored("", { tty }), true);
  assert.equal(await colored("--no-color", { tty }), false);
  assert.equal(await colored("", { tty, env: { NO_COLOR: "0" } }), false, "whatever it is");
  assert.equal(await colored("", { tty, env: { NO_COLOR: "" } }), true, "unless it is empty");
  assert.equal(await colored("", { tty, env: { TERM: "dumb" } }), false);
  assert.equal(await colored("", { env: { FORCE_COLOR: "1" } }), true);
  assert.equal(await colored("--no-color", { env: { FORCE_COLOR: "1" } }), false);
  assert.equal(await colored("", { tty, env: { FORCE_COLOR: "0" } }), false);
  assert.equal((await print(red, "--json", { tty })).stdout, "");
});

test("nothing in the data moves the cursor, hides, reorders or rings", async () => {
  const row = { id: evil, name: evil, count: 1 };
  const everywhere = ({ out }: Context) => {
    out.line(evil, out.style.bold(evil));
    out.table([row], columns);
    out.note(evil);
    out.record(row, () => out.line(evil));
  };
  for (const flags of ["", "-q", "--json", "--wide"]) {
    for (const tty of [undefined, {}]) {
      const { stdout, stderr } = await print(everywhere, flags, tty && { tty });
      const said = stdout + stderr;
      // deno-lint-ignore no-control-regex -- none of them may get out
      const bad = said.replace(/\u001b\[(1|2|22|31|39)m/g, "").match(
        /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u,
      );
      assert.equal(bad, null, JSON.stringify(said));
      if (!tty) assert.equal(said.includes("\u001b"), false);
      if (flags !== "--json") assert.doesNotMatch(said, /title/);
    }
  }
  const { lines } = await print(({ out }) => out.record({ evil }, () => {}), "--json");
  assert.deepEqual(lines(), [{ evil }], "programs get all of it");
  const { stdout } = await print(({ out }) => out.table([row, row], columns));
  assert.equal(stdout.split("\n").length, 4, "a row stays one line");
});

test("a colour in the data does not continue after them", () => {
  const [, line = ""] = tableLines(
    [{ a: "\u001b[31mnever closed", b: "plain" }],
    [{ title: "A", of: (row) => row.a }, { title: "B", of: (row) => row.b }],
    (text) => text,
  );
  assert.equal(line, "\u001b[31mnever closed\u001b[39m  plain");
});

test("text is as wide as a terminal draws it", () => {
  for (
    const [text, width] of [
      ["", 0],
      ["abc", 3],
      ["日本語", 6],
      ["한글", 4],
      ["é", 1],
      ["e\u0301", 1],
      ["👩‍👩‍👧", 2],
      ["🇩🇪", 2],
      ["✓", 1],
      ["…", 1],
      ["█", 1],
      ["ﾊﾝ", 2],
      ["ａ", 2],
      ["\u001b[31mred\u001b[39m", 3],
    ] as const
  ) assert.equal(widthOf(text), width, text);
  assert.equal(cut("日本語", 5), "日本…");
  assert.equal(cut("日本語", 4), "日…", "half a character is none");
  assert.equal(cut("👩‍👩‍👧👩‍👩‍👧", 3), "👩‍👩‍👧…");
  assert.equal(cut("abc", 3), "abc");
  assert.equal(cut("abc", 1), "…");
  assert.equal(cut("abc", 0), "");
  assert.equal(cut(styleOf(true).red("abcdef"), 4), "\u001b[31mabc…\u001b[22m\u001b[39m");
  assert.equal(pad("日", 4), "日  ");
  assert.equal(pad("日", 4, "right"), "  日");
});

test("harmless text is left unchanged by the cleaning", () => {
  assert.equal(plain(evil), "redgnp\nnext");
  assert.equal(harmless("naïve — 日本 👩‍👩‍👧 ✓\n\tx"), "naïve — 日本 👩‍👩‍👧 ✓\n\tx");
  assert.equal(harmless("\u001b[1mbold\u001b[22m\u001b[5mblink"), "\u001b[1mbold\u001b[22mblink");
  assert.equal(plain("\u001b"), "");
  assert.equal(plain("\u001bc\u001b(B\u001b7x"), "x");
  assert.equal(plain("\u001bP1;2q…\u001b\\x\u001b_hidden\u001b\\y"), "xy");
  assert.equal(JSON.parse(json({ a: "\u009b\u007f\u2028\u202e" })).a, "\u009b\u007f\u2028\u202e");
  assert.match(json("\u009b\u007f"), /^"\\u009b\\u007f"$/);
});

test("lengths of time are short, and dates with --iso and in JSON", async () => {
  assert.deepEqual(
    [0, 3, 999, 1000, 12_400, 59_960, 60_000, 200_000, 600_000, 7_860_000, 90_000_000, 360_000_000]
      .map(spanOf),
    ["0ms", "3ms", "999ms", "1s", "12.4s", "1m", "1m", "3m20s", "10m", "2h11m", "25h", "4d4h"],
  );
  const at = new Date(Date.now() - 200_000);
  const ago = ({ out }: Context) => out.line(out.ago(at), out.ago(new Date(Date.now() + 8_050)));
  assert.match((await print(ago)).stdout, /^3m20s\nin 8(\.\d)?s\n$/);
  assert.equal((await print(ago, "--iso")).stdout.split("\n")[0], at.toISOString());
});

test("the width of a terminal is used, and 80 without one", async () => {
  const said = async (options: RlOptions) =>
    (await print(({ out }) => out.line(String(out.width), String(out.tty)), "", options)).stdout;
  assert.equal(await said({}), "80\nfalse\n");
  assert.equal(await said({ tty: { columns: 132 } }), "132\ntrue\n");
});
