/**
 * Rules about the files themselves. The forbidden words are put together from pieces,
 * so that this file passes its own test.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { functionLengths } from "./support/function_lengths.ts";
import { files, isGenerated, read } from "./support/tree.ts";
import { retiredNamesIn, wordFaults } from "./support/words.ts";

const text = /(\.(ts|js|json|lua|md|yml|yaml|toml|html|css)|^\.[\w-]+|^\.ci\/\w+|^LICENSE)$/;
const written = files().filter((path) => text.test(path) && !isGenerated(path));

/** Patterns that no file may contain, and why. */
const forbidden: readonly { readonly what: RegExp; readonly because: string }[] = [
  {
    what: new RegExp(String.raw`(?<![\w.~}-])/(${"work|farm|root|home|Users"})/|\.lib(rary)/`),
    because: "a path of one machine means nothing on another",
  },
  {
    what: new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"].join("|")})\\b`),
    because: "what is left to do is done, or is an issue",
  },
  {
    what: /\.only\(|\bonly: true\b/,
    because: "it silences every other test",
  },
  {
    what: /\btest\.skip\(|\.skip\(\)|\bskip: true\b/,
    because: "a test is skipped with a reason",
  },
];

for (const { what, because } of forbidden) {
  test(`no file contains ${what}: ${because}`, () => {
    const found = written.flatMap((path) =>
      read(path).split("\n").flatMap((line, index) =>
        what.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []
      )
    );
    assert.equal(found.join("\n"), "");
  });
}

const source = written.filter((path) => /^(core|adapters|cli)\/.*\.ts$/.test(path));

test("no source file outgrows 260 lines: it would be two concepts", () => {
  const long = source
    .map((path) => ({ path, lines: read(path).trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > 260);
  assert.deepEqual(long, []);
});

test("no function outgrows 80 lines, and 95 of 100 stay under 40: a factory is split by its state", () => {
  const all = source.flatMap((path) =>
    functionLengths(read(path)).map(({ line, lines }) => ({ path, line, lines }))
  );
  const long = all.filter(({ lines }) => lines > 80);
  assert.deepEqual(long, []);
  const lengths = all.map(({ lines }) => lines).sort((a, b) => a - b);
  assert.ok(lengths[Math.floor(lengths.length * 0.95)]! < 40);
});

test("function lengths include a head over several lines, and no other block", () => {
  const text = [
    "export async function a(",
    "  b: string,",
    "): Promise<void> {",
    "  if (b) {",
    "    b();",
    "  }",
    "  const c = () => {",
    "  };",
    "}",
  ].join("\n");
  assert.deepEqual(functionLengths(text), [{ line: 1, lines: 9 }, { line: 7, lines: 2 }]);
});

test("every text file has the same line ends, and one at its end", () => {
  const wrong = written.filter((path) => !/[^\n]\n$/.test(read(path)) || read(path).includes("\r"));
  assert.deepEqual(wrong, []);
});

test("every TypeScript file begins with a comment about its contents", () => {
  const mute = written.filter((path) =>
    path.endsWith(".ts") && !/^(#!.*\n)?(\/\/.*\n)*\/\*\*\n \* [A-Z`]/.test(read(path))
  );
  assert.deepEqual(mute, []);
});

const sources = written.filter((path) => /\.(ts|lua)$/.test(path));

test("comments have a subject, name the agent and use the verb that is meant", () => {
  assert.equal(sources.flatMap((path) => wordFaults(path, read(path))).join("\n"), "");
});

test("no file and no identifier carries a retired name", () => {
  assert.equal(sources.flatMap((path) => retiredNamesIn(path, read(path))).join("\n"), "");
});
