/**
 * Reads what a TypeScript file imports and exports, types included. A parser
 * would know more; this knows enough for code that `deno fmt` has formatted.
 *
 * @module
 */

import { posix } from "node:path";

/** One import found in a file. */
export interface Import {
  /** A path from the root for a relative import, else what stands in the quotes. */
  readonly to: string;
  /** Whether it is `import()`. */
  readonly lazy: boolean;
  /** The names it takes, or `"*"` if only the code that follows tells. */
  readonly names: readonly string[] | "*";
}

/** One name a file exports by declaring it. */
export interface Export {
  readonly name: string;
  /** Whether it is a type, and its own file mentions it again. */
  readonly ownType: boolean;
}

/** Everything `source`, the text of `path`, imports or re-exports. */
export function importsOf(path: string, source: string): Import[] {
  const code = withoutComments(source);
  const static_ = /^\s*(?:import|export)\b(?:([^;"'`()=]*?)\bfrom)?\s*["']([^"']+)["']/gm;
  const found: Import[] = [...withoutTexts(code).matchAll(static_)].map((
    [, clause = "{}", to],
  ) => ({
    to: resolve(path, to!),
    lazy: false,
    names: clause.includes("*") ? "*" : namesIn(clause),
  }));
  for (const [, argument] of code.matchAll(/\bimport\s*\(\s*([^),]*)/g)) {
    const literal = /^["'`]([^"'`$]+)["'`]\s*$/.exec(argument!);
    const to = literal ? resolve(path, literal[1]!) : `(${argument})`;
    found.push({ to, lazy: true, names: "*" });
  }
  return found;
}

/** Every name `source` declares and exports. */
export function exportsOf(source: string): Export[] {
  const code = withoutComments(source);
  const declaration =
    /^export (?:declare )?(?:async )?(default|(function\*?|const|let|(?:abstract )?class|interface|type) (\w+))/gm;
  return [...withoutTexts(code).matchAll(declaration)].map(([, word, kind, name = word!]) => ({
    name,
    ownType: /^(interface|type)$/.test(kind ?? "") && mentions(code, name) > 1,
  }));
}

/** How often `name` occurs as a whole word in `source`, comments left out. */
export function mentions(source: string, name: string): number {
  return withoutComments(source).match(new RegExp(`(?<![\\w$])${name}(?![\\w$])`, "g"))?.length ??
    0;
}

/** `a, type B as C` → a, B; what stands before the braces is the default export. */
function namesIn(clause: string): string[] {
  const [before = "", inside = ""] = clause.replace(/^\s*type\s+(?=[{\w])/, "").split(/[{}]/);
  const named = inside.split(",").map((part) => part.trim().replace(/^type\s+/, "").split(" ")[0]!);
  return [...(/\w/.test(before) ? ["default"] : []), ...named.filter((name) => name !== "")];
}

function resolve(path: string, to: string): string {
  return to.startsWith(".") ? posix.join(posix.dirname(path), to) : to;
}

/** Empties texts of several lines: what begins a line of one is no statement of ours. */
function withoutTexts(code: string): string {
  const tokens = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|`((?:\\.|[^`\\])*)`/g;
  return code.replace(
    tokens,
    (token, quoted: string | undefined, text = "") =>
      quoted === undefined && text.includes("\n") ? "``" : token,
  );
}

/** Drops comments, and knows that `//` inside a string is none. */
function withoutComments(source: string): string {
  const tokens =
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/.*/g;
  return source.replace(tokens, (_, text: string | undefined) => text ?? "");
}
