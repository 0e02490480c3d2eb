/**
 * What may come next on a command line: what the shell asks when somebody
 * presses the tab key.
 *
 * @module
 */

import type { Command, Group } from "./command.ts";
import { describeCommand, type DescribedOption, describeGlobals, summaryOf } from "./describe.ts";
import { globalOptions, inheritedOptions } from "./global_options.ts";
import { isOption, optionsOf } from "./parse_args.ts";
import { load } from "./find_command.ts";

/** What may come next, and what it is. */
export type Candidate = readonly [word: string, about: string];

/** What the last of `words` may become. */
export async function candidates(tree: Group, words: readonly string[]): Promise<Candidate[]> {
  // Bash takes `--state=de` for three words, and PowerShell drops an empty one that has no quotes.
  const [last = ""] = words.slice(-1);
  const typed = last === "=" || last === '""' ? "" : last;
  const before = words.slice(0, -1);
  if (before.at(-1) === "=") before.pop();
  if (before.includes("--")) return [];
  let node: Group = tree;
  const path: string[] = [];
  let found: Command | undefined;
  let options = optionsOf(globalOptions);
  let awaited: string | undefined;
  for (const word of before) {
    const isValue = awaited !== undefined;
    const option = isValue ? undefined : options.get(word);
    awaited = option && option.arg.type !== "boolean" ? word : undefined;
    if (isValue || isOption(word) || found || !Object.hasOwn(node.commands, word)) continue;
    const next = node.commands[word]!;
    if (typeof next === "function") {
      found = await load(next);
      options = optionsOf({ ...inheritedOptions(found), ...found.args });
    } else {
      node = next;
      path.push(word);
    }
  }
  const [flag = "", part] = typed.split(/=(.*)/s);
  const asked = awaited ?? (part === undefined ? undefined : flag);
  if (asked === undefined && !typed.startsWith("-")) {
    const names = found
      ? []
      : Object.entries(node.commands).filter(([name]) => name.startsWith(typed));
    return await Promise.all(names.map(async ([name, child]): Promise<Candidate> => [
      name,
      await summaryOf([...path, name], child),
    ]));
  }
  const fallback = node.default === undefined ? undefined : node.commands[node.default];
  const command = found ?? (typeof fallback === "function" ? await load(fallback) : undefined);
  const { options: own, globals: shared } = command
    ? describeCommand([], command)
    : { options: [], globals: describeGlobals() };
  const all = [...own, ...shared];
  if (asked === undefined) return all.flatMap(flagsOf).filter(fits(typed));
  const prefix = awaited === undefined ? `${flag}=` : "";
  const values = all.find(({ flags }) => flags.includes(asked))?.choices ?? [];
  return values.map((value): Candidate => [prefix + value, ""]).filter(fits(typed));
}

function fits(typed: string): (candidate: Candidate) => boolean {
  return ([word]) => word.startsWith(typed);
}

function flagsOf({ flags, description }: DescribedOption): Candidate[] {
  return flags.map((flag) => [flag, description]);
}
