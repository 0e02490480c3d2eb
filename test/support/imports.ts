/**
 * Reads the imports and exports of a TypeScript file, types included. It is no full
 * parser, but suffices for code that `deno fmt` has formatted.
 *
 * @module
 */

import { posix } from "node:path";

/** One import of a file. */
export interface Import {
  /** A path from the root for a relative import, else the quoted name. */
  readonly to: string;
  /** True for an `import()` expression. */
  readonly lazy: boolean;
  /** The imported names, or `"*"` if only later code uses them by name. */
  readonly names: readonly string[] | "*";
}

/** One name that a file exports by a declaration. */
export interface Export {
  readonly name: string;
  /** True for a type that its own file mentions again. */
  readonly ownType: boolean;
}

/** Lists every import and re-export of `source`, the text of `path`. */
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

/** Removes comments; `//` inside a string is no comment. */
function withoutComments(source: string): string {
  const tokens =
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/.*/g;
  return source.replace(tokens, (_, text: string | undefined) => text ?? "");
}
