/**
 * Completion candidates: the words that may come next on a command line.
 *
 * @module
 */

import type { Command, Group } from "./command.ts";
import { describeCommand, type DescribedOption, describeGlobals, summaryOf } from "./describe.ts";
import { globalOptions, inheritedOptions } from "./global_options.ts";
import { isOption, optionsOf } from "./parse_args.ts";
import { kindOf, type Lookup } from "./completion_values.ts";
import { childOf } from "./find_command.ts";

/** A word that may come next, and its description. */
export type Candidate = readonly [word: string, about: string];

/** Position on a command line: the group or command reached, and the option that waits for a value. */
interface Position {
  readonly path: readonly string[];
  readonly node: Group;
  readonly command: Command | undefined;
  readonly awaited: string | undefined;
  /** Arguments of the command that are typed already. */
  readonly given: number;
}

/** Candidates for the last of `words`; `lookup` finds values that only Redis knows. */
export async function candidates(
  tree: Group,
  words: readonly string[],
  lookup: Lookup,
): Promise<Candidate[]> {
  // Bash splits `--state=de` into three words, and PowerShell drops an empty word without quotes.
  const [last = ""] = words.slice(-1);
  const typed = last === "=" || last === '""' ? "" : last;
  const before = words.slice(0, -1);
  if (before.at(-1) === "=") before.pop();
  if (before.includes("--")) return [];
  const { path, node, command: found, awaited, given } = await positionAfter(tree, before);
  const [flag = "", part] = typed.split(/=(.*)/s);
  const asked = awaited ?? (part === undefined ? undefined : flag);
  if (asked === undefined && !typed.startsWith("-")) {
    if (found) {
      const { positionals } = describeCommand([], found);
      const next = positionals[given] ??
        (positionals.at(-1)?.many ? positionals.at(-1) : undefined);
      return next ? await valuesOf(next.name, found.args[next.name]?.valueHint, typed, lookup) : [];
    }
    const names = Object.entries(node.subCommands).filter(([name]) => name.startsWith(typed));
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
  const option = all.find(({ flags }) => flags.includes(asked));
  const values = option?.choices?.map((value): Candidate => [value, ""]) ??
    await valuesOf(option?.name ?? "", option?.value, typed.slice(prefix.length), lookup);
  return values.map(([value, about]): Candidate => [prefix + value, about])
    .filter(startingWith(typed));
}

/** Values of an argument; behind a comma, those of the next part of a list. */
async function valuesOf(
  name: string,
  hint: string | undefined,
  typed: string,
  lookup: Lookup,
): Promise<Candidate[]> {
  const kind = kindOf(name, hint);
  if (kind === undefined) return [];
  const listed = typed.slice(0, typed.lastIndexOf(",") + 1);
  const taken = listed.split(",");
  return (await lookup(kind)).filter((value) => !taken.includes(value))
    .map((value): Candidate => [listed + value, ""]).filter(startingWith(typed));
}

/** Position after `words`; unknown words are skipped, since the line is not finished. */
async function positionAfter(tree: Group, words: readonly string[]): Promise<Position> {
  let node: Group = tree;
  const path: string[] = [];
  let command: Command | undefined;
  let options = optionsOf(globalOptions);
  let awaited: string | undefined;
  let given = 0;
  for (const word of words) {
    const isValue = awaited !== undefined;
    const option = isValue ? undefined : options.get(word);
    awaited = option && option.arg.type !== "boolean" ? word : undefined;
    if (isValue || isOption(word)) continue;
    if (command) {
      given++;
      continue;
    }
    const next = childOf(node, word);
    if (typeof next === "function") {
      command = await next();
      options = optionsOf({ ...inheritedOptions(command), ...command.args });
    } else if (next !== undefined) {
      node = next;
      path.push(word);
      // Without a name, the options are those of the group's default command.
      const usual = next.default === undefined ? undefined : next.subCommands[next.default];
      if (typeof usual === "function") {
        const { args, ...info } = await usual();
        options = optionsOf({ ...inheritedOptions({ args, ...info }), ...args });
      }
    }
  }
  return { path, node, command, awaited, given };
}

function startingWith(typed: string): (candidate: Candidate) => boolean {
  return ([word]) => word.startsWith(typed);
}

function flagsOf({ flags, description }: DescribedOption): Candidate[] {
  return flags.map((flag) => [flag, description]);
}
