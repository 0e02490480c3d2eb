/**
 * Reading options strictly. The parser takes what it does not know for a
 * positional and says nothing, so a typing error would run something else than
 * what was asked for.
 *
 * @module
 */

import type { ArgsDef } from "citty";
import { CliError } from "./error.ts";

/**
 * Compares `rawArgs` with what `command` takes.
 *
 * @throws {CliError} 2, naming the option, and the one that was probably meant.
 */
export function checkFlags(command: string, args: ArgsDef, rawArgs: readonly string[]): void {
  const takesValue = new Map<string, boolean>();
  let positionals = 0;
  for (const [name, arg] of Object.entries(args)) {
    if (arg.type === "positional") {
      positionals++;
      continue;
    }
    const aliases = "alias" in arg ? [arg.alias ?? []].flat() : [];
    const flags = [`--${name}`, ...aliases.map((alias) => (alias.length > 1 ? "--" : "-") + alias)];
    for (const flag of flags) takesValue.set(flag, arg.type !== "boolean");
    if (arg.type === "boolean") takesValue.set(`--no-${name}`, false);
  }
  for (let i = 0; i < rawArgs.length; i++) {
    const token = rawArgs[i]!;
    if (!/^-./.test(token)) {
      if (positionals-- > 0) continue;
      throw usage(command, `Cannot use argument "${token}": "rl ${command}" takes none here`);
    }
    const [flag = "", inline] = token.split(/=(.*)/s);
    const wants = takesValue.get(flag);
    if (wants === undefined) {
      const guess = closest(flag, [...takesValue.keys()]);
      throw usage(command, `Cannot find option "${flag}"`, guess && `did you mean "${guess}"?`);
    }
    if (!wants && inline !== undefined) {
      throw usage(command, `Cannot use option "${token}": ${flag} takes no value`);
    }
    if (!wants) continue;
    const value = inline ?? rawArgs[++i];
    if (value === undefined || value === "" || (inline === undefined && /^--./.test(value))) {
      throw usage(command, `Cannot use option "${flag}": its value is missing`);
    }
  }
}

function usage(command: string, message: string, hint?: string): CliError {
  return new CliError(2, message, { hint: hint || `run "rl ${command} --help"` });
}

/** The one of `names` that `typed` was probably meant to be. */
export function closest(typed: string, names: readonly string[]): string | undefined {
  const bare = (name: string): string => name.replace(/^-+/, "").toLowerCase();
  const scored = names
    .map((name) => ({ name, distance: distance(bare(typed), bare(name)) }))
    .sort((a, b) => a.distance - b.distance);
  const best = scored[0];
  return best && best.distance <= Math.max(1, bare(best.name).length / 2) ? best.name : undefined;
}

/** How many letters have to be changed, added or dropped to get from `a` to `b`. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
