/**
 * The surface of the command line: every command with its options, as scripts use them.
 * Words may change; a command, option or default may not disappear.
 *
 * @module
 */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import {
  describe,
  type DescribedCommand,
  type DescribedGroup,
  type DescribedOption,
} from "../../cli/framework/describe.ts";
import { tree } from "../../cli/command_tree.ts";
import { read, root } from "../support/tree.ts";

const file = "test/cli/surface.txt";

function optionText({ flags, type, choices, required, many, default: value }: DescribedOption) {
  const takes = type === "boolean" ? "" : ` <${choices?.join("|") ?? "text"}>`;
  const marks = [required ? "required" : "", many ? "many" : ""].filter(Boolean);
  const preset = value === undefined ? [] : [`= ${value}`];
  return [`${flags.join(" ")}${takes}`, ...preset, ...marks].join(" ");
}

function linesOf(node: DescribedCommand | DescribedGroup): string[] {
  if ("commands" in node) {
    const fallback = node.default === undefined ? [] : [`    default: ${node.default}`];
    return [node.usage, ...fallback, ...Object.values(node.commands).flatMap(linesOf)];
  }
  const presets = node.positionals.flatMap(({ name, default: value }) =>
    value === undefined ? [] : [`    <${name}> = ${value}`]
  );
  return [node.usage, ...presets, ...node.options.map((option) => `    ${optionText(option)}`)];
}

test("no command, option or default of rl changes unnoticed (UPDATE=1 updates the list)", async () => {
  const all = await describe([], tree);
  const found =
    [...linesOf(all), "every command", ...all.globals.map((each) => `    ${optionText(each)}`)]
      .join("\n") + "\n";
  if (process.env["UPDATE"]) writeFileSync(join(root, file), found);
  assert.equal(found, read(file));
});
