/**
 * Renders help: the data of `--describe`, aligned and wrapped.
 *
 * @module
 */

import type { Group, Load } from "./command.ts";
import {
  describeCommand,
  type DescribedCommand,
  type DescribedOption,
  describeGlobals,
  exitCodes,
  summaryOf,
  usageOf,
} from "./describe.ts";
import type { Host } from "./host.ts";
import { hasColor, type Style, styleOf } from "./style.ts";
import { pad, widthOf, wrap } from "../terminal/text.ts";
import { version } from "./version.ts";

/** Widest line, in columns: longer ones are hard to read. */
const widest = 100;
const indent = "  ";
/** A row of two columns. */
type Entry = readonly [name: string, text: string];

/** Renders the help of the command or group at `path`. */
export async function help(
  path: readonly string[],
  node: Group | Load,
  host: Host,
  color: boolean,
): Promise<string> {
  const width = Math.max(40, Math.min(host.stdout.columns ?? widest, widest));
  const style = styleOf(hasColor(host, host.stdout, color));
  const sections = typeof node === "function"
    ? commandSections(describeCommand(path, await node()), width, style)
    : await groupSections(path, node, width, style);
  return sections.filter((section) => section.length > 0).map((lines) => lines.join("\n") + "\n")
    .join("\n");
}

async function groupSections(
  path: readonly string[],
  group: Group,
  width: number,
  style: Style,
): Promise<string[][]> {
  const top = path.length === 0;
  const name = top ? `rl ${version}` : ["rl", ...path].join(" ");
  const commands = await Promise.all(
    Object.entries(group.sections ?? { Commands: group.subCommands }).map(
      async ([heading, children]): Promise<[string, Entry[]]> => [
        heading,
        await commandEntries(path, children, group.default),
      ],
    ),
  );
  const longest = Math.max(...commands.flatMap(([, entries]) => entries.map(([n]) => widthOf(n))));
  const title = style.bold(name) + indent + group.meta.description;
  const globalOptions = top
    ? section("Options of every command", listed(describeGlobals().map(optionEntry), width), style)
    : [];
  return [
    [title],
    section("Usage", [indent + usageOf(path, group)], style),
    ...commands.map(([heading, entries]) =>
      section(heading, listed(entries, width, longest), style)
    ),
    globalOptions,
    top ? exitSection(width, style) : [],
    footer(path, width, style),
  ];
}

/** The commands of a section; one with two names is one entry. */
async function commandEntries(
  path: readonly string[],
  children: Group["subCommands"],
  usual: string | undefined,
): Promise<Entry[]> {
  const names = new Map<Group | Load, string[]>();
  for (const [word, child] of Object.entries(children)) {
    names.set(child, [...names.get(child) ?? [], word]);
  }
  return await Promise.all([...names].map(async ([child, words]): Promise<Entry> => {
    const mark = words[0] === usual ? " (default)" : "";
    return [words.join(", "), await summaryOf([...path, words[0]!], child) + mark];
  }));
}

function commandSections(command: DescribedCommand, width: number, style: Style): string[][] {
  const { path, summary, usage, details = "", positionals, options, globals, examples } = command;
  const paragraphs = details.split("\n\n").filter((text) => text !== "");
  const positionalEntries = positionals.map((each): Entry => [
    each.many ? `${each.name}...` : each.name,
    each.description + (each.default === undefined ? "" : ` (default: ${each.default})`),
  ]);
  const globalNames = globals.map(({ flags }) => flags.join(" ")).join(", ");
  return [
    [...wrap(`${style.bold(["rl", ...path].join(" "))}${indent}${summary}`, width)],
    section("Usage", [indent + usage], style),
    ...paragraphs.map((text) => wrap(text, width)),
    section("Arguments", listed(positionalEntries, width), style),
    section("Options", listed(options.map(optionEntry), width), style),
    section("Options of every command", wrap(globalNames, width, indent), style),
    section("Examples", examples.map((line) => indent + line), style),
    exitSection(width, style),
  ];
}

function section(title: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 ? [] : [style.bold(title), ...lines];
}

function exitSection(width: number, style: Style): string[] {
  // A code and its meaning stay on one line.
  const codes = Object.entries(exitCodes).map(([code, meaning]) =>
    `${code} ${meaning}`.replaceAll(" ", "\u00a0")
  );
  const lines = wrap(codes.join("\u00a0· "), width, indent);
  return section("Exit codes", lines.map((line) => line.replaceAll("\u00a0", " ")), style);
}

function footer(path: readonly string[], width: number, { dim }: Style): string[] {
  const line = ["rl help", ...path, "<command>"].join(" ");
  return wrap(`"${line}" shows the details of a command; --describe prints them as JSON`, width)
    .map(dim);
}

function optionEntry(option: DescribedOption): Entry {
  const { flags, value, choices, description, required, many } = option;
  const joined = choices?.join("|");
  const shown = joined !== undefined && joined.length <= 24 ? joined : value;
  const written = flags[0]!.startsWith("--no-") ? flags.slice(0, 1) : flags;
  const long = flags[0]!.startsWith("--") ? `    ${written.join(", ")}` : written.join(", ");
  const remarks = [
    joined !== undefined && shown !== joined ? `one of ${choices!.join(", ")}` : "",
    required ? "required" : "",
    many ? "repeatable" : "",
    typeof option.default === "string" ? `default: ${option.default}` : "",
  ].filter((remark) => remark !== "");
  return [
    shown === undefined ? long : `${long} <${shown}>`,
    remarks.length === 0 ? description : `${description} (${remarks.join("; ")})`.trim(),
  ];
}

/**
 * Aligns two columns, the first as wide as its longest name, or `least`; a name that is too long
 * puts its text on the next line.
 */
function listed(entries: readonly Entry[], width: number, least = 0): string[] {
  const names = entries.map(([name]) => widthOf(name)).filter((n) => n <= 30);
  const longest = Math.max(least, ...names);
  const left = indent.length + longest + 2;
  return entries.flatMap(([name, text]) => {
    const lines = wrap(text, width, " ".repeat(left));
    const label = pad(indent + name, left);
    if (widthOf(indent + name) > left - 2) return [indent + name, ...lines];
    return [label + (lines[0] ?? "").slice(left), ...lines.slice(1)].map((line) => line.trimEnd());
  });
}
