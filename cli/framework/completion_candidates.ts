/**
 * Completion candidates: the words that may come next on a command line.
 *
 * @module
 */

import type { Command, Group } from "./command.ts";
import { describeCommand, type DescribedOption, describeGlobals, summaryOf } from "./describe.ts";
import { globalOptions, inheritedOptions } from "./global_options.ts";
import { isOption, optionsOf } from "./parse_args.ts";
import { childOf } from "./find_command.ts";

/** A word that may come next, and its description. */
export type Candidate = readonly [word: string, about: string];

/** Position on a command line: the group or command reached, and the option that waits for a value. */
interface Position {
  readonly path: readonly string[];
  readonly node: Group;
  readonly command: Command | undefined;
  readonly awaited: string | undefined;
}

/** Candidates for the last of `words`. */
export async function candidates(tree: Group, words: readonly string[]): Promise<Candidate[]> {
  // Bash splits `--state=de` into three words, and PowerShell drops an empty word without quotes.
  const [last = ""] = words.slice(-1);
  const typed = last === "=" || last === '""' ? "" : last;
  const before = words.slice(0, -1);
  if (before.at(-1) === "=") before.pop();
  if (before.includes("--")) return [];
  const { path, node, command: found, awaited } = await positionAfter(tree, before);
  const [flag = "", part] = typed.split(/=(.*)/s);
  const asked = awaited ?? (part === undefined ? undefined : flag);
  if (asked === undefined && !typed.startsWith("-")) {
    const names = found
      ? []
      : Object.entries(node.subCommands).filter(([name]) => name.startsWith(typed));
    return await Promise.all(names.map(async ([name, child]): Promise<Candidate> => [
      name,
      await summaryOf([...path, name], child),
    ]));
  }
  const fallback = node.default === undefined ? undefined : node.subCommands[node.default];
  const command = found ?? (typeof fallback === "function" ? await fallback() : undefined);
  const { options: own, globals: shared } = command
    ? describeCommand([], command)
    : { options: [], globals: describeGlobals() };
  const all = [...own, ...shared];
  if (asked === undefined) return all.flatMap(flagsOf).filter(startingWith(typed));
  const prefix = awaited === undefined ? `${flag}=` : "";
  const values = all.find(({ flags }) => flags.includes(asked))?.choices ?? [];
  return values.map((value): Candidate => [prefix + value, ""]).filter(startingWith(typed));
}

/** Position after `words`; unknown words are skipped, since the line is not finished. */
async function positionAfter(tree: Group, words: readonly string[]): Promise<Position> {
  let node: Group = tree;
  const path: string[] = [];
  let command: Command | undefined;
  let options = optionsOf(globalOptions);
  let awaited: string | undefined;
  for (const word of words) {
    const isValue = awaited !== undefined;
    const option = isValue ? undefined : options.get(word);
    awaited = option && option.arg.type !== "boolean" ? word : undefined;
    if (isValue || isOption(word) || command) continue;
    const next = childOf(node, word);
    if (typeof next === "function") {
      command = await next();
      options = optionsOf({ ...inheritedOptions(command), ...command.args });
    } else if (next !== undefined) {
      node = next;
      path.push(word);
    }
  }
  return { path, node, command, awaited };
}

function startingWith(typed: string): (candidate: Candidate) => boolean {
  return ([word]) => word.startsWith(typed);
}

function flagsOf({ flags, description }: DescribedOption): Candidate[] {
  return flags.map((flag) => [flag, description]);
}
