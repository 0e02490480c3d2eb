/**
 * The commands in README, in `docs/` and in the alerts exist, with each option that they show.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { tree } from "../cli/command_tree.ts";
import { findCommand } from "../cli/framework/find_command.ts";
import { inheritedOptions } from "../cli/framework/global_options.ts";
import { optionsOf, tokenize } from "../cli/framework/parse_args.ts";
import { fencesOf, pages } from "./support/pages.ts";
import { read } from "./support/tree.ts";

/** The command lines of `rl` in a page: those of its shells, and those between marks in its text. */
function linesOf(text: string): string[] {
  const shells = fencesOf(text).filter(({ info }) => /^(sh|bash|yaml|dockerfile|ini)\b/.test(info));
  const shown = shells.flatMap((
    { code },
  ) => [...code.replaceAll("\\\n", " ").matchAll(/^ *(?:npx |bunx )?(rl [^\n]+)/gm)]);
  const named = [...text.replaceAll(/^( *)```[^]*?^\1```$/gm, "").matchAll(/`(rl [^`]+)`/g)];
  return [...shown, ...named].flatMap(([, line]) => line!.split(/ {2,}(?=rl )/));
}

/** The words of a line up to a comment or an operator of the shell. */
function wordsOf(line: string): string[] {
  const words = line.match(/'[^']*'|"[^"]*"|<[^>]*>|\S+/g) ?? [];
  const end = words.findIndex((word) => /^(#|\||&&?|>|;|·|…)/.test(word));
  return words.slice(1, end === -1 ? undefined : end);
}

/** The reason for which a command line cannot run, if there is one. */
async function faultOf(line: string): Promise<string | undefined> {
  const words = wordsOf(line);
  if (words.length === 0 || words.some((word) => /^<command>|^\[/.test(word))) return undefined;
  try {
    const { node, path, tokens } = findCommand(tree, words);
    const command = typeof node === "function" ? await node() : { args: {} };
    const options = optionsOf({ ...inheritedOptions(command), ...command.args });
    const unknown = tokenize(tokens, options)
      .flatMap((token) =>
        token.kind === "option" && !options.has(token.rawName) ? token.rawName : []
      );
    return unknown.length > 0 ? `rl ${path.join(" ")} has no ${unknown.join(", ")}` : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

test("each rl command of a page and of an alert exists, with the options that it shows", async () => {
  const alerts = {
    path: "alerts.yml",
    text: read("adapters/grafana/alerts.yml").replaceAll(/"(rl [^"]+)"/g, "`$1`"),
  };
  const lines = [...pages(), alerts].flatMap(({ path, text }) =>
    linesOf(text).map((line) => ({ path, line }))
  );
  assert.ok(lines.length > 100, "the pages show commands");
  const faults: string[] = [];
  for (const { path, line } of lines) {
    const fault = await faultOf(line);
    if (fault !== undefined) faults.push(`${path}: ${line}: ${fault}`);
  }
  assert.equal(faults.join("\n"), "");
});
