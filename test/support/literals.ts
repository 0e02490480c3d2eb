/**
 * Reads the string literals of a TypeScript or JavaScript file, each with the code in
 * front of it. It is no full parser, but suffices for code that `deno fmt` has
 * formatted.
 *
 * @module
 */

/** A string or template literal. */
export interface Literal {
  /** The text, with `…` in place of each value of a template. */
  readonly text: string;
  /** Up to 60 characters of code in front of it, with other literals as `""`. */
  readonly before: string;
}

/** The literals of `source`, in order; literals within a template follow it. */
export function literalsOf(source: string): Literal[] {
  return readCode(source, 0, []).found;
}

interface Read {
  readonly found: Literal[];
  /** The position after the last character that was read. */
  readonly end: number;
}

const comment = /\/\/[^\n]*|\/\*[^]*?\*\//y;
const quoted = /(["'])((?:\\[^]|(?!\1)[^\\])*)\1/y;
const regex = /\/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\[\n])+\/\w*/y;

/** Reads code from `at` to the brace that closes its block, or to the end. */
function readCode(source: string, at: number, found: Literal[]): Read {
  let before = "";
  let depth = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  while (at < source.length) {
    const character = source[at]!;
    const note = match(comment);
    const text = note ? null : match(quoted);
    // A slash starts a pattern if no value precedes it.
    const pattern = !text && /(?:^|[(,=:[!&|?{};]|=>|return)\s*$/.test(before)
      ? match(regex)
      : null;
    if (note) at += note[0].length;
    else if (text) {
      found.push({ text: unescaped(text[2]!), before: before.slice(-60) });
      before += '""';
      at += text[0].length;
    } else if (character === "`") {
      at = readTemplate(source, at + 1, before.slice(-60), found);
      before += '""';
    } else if (pattern && source[at] === "/") {
      before += "0";
      at += pattern[0].length;
    } else {
      if (character === "{") depth++;
      if (character === "}" && depth-- === 0) break;
      before += character;
      at++;
    }
  }
  return { found, end: at };
}

/** Reads a template from behind its backtick; returns the position after its end. */
function readTemplate(source: string, at: number, before: string, found: Literal[]): number {
  const inner: Literal[] = [];
  let text = "";
  while (source[at] !== "`") {
    if (source.startsWith("${", at)) {
      at = readCode(source, at + 2, inner).end + 1;
      text += "…";
    } else {
      const length = source[at] === "\\" ? 2 : 1;
      text += source.slice(at, at + length);
      at += length;
    }
  }
  found.push({ text: unescaped(text), before }, ...inner);
  return at + 1;
}

function unescaped(text: string): string {
  return text.replace(/\\n/g, "\n").replace(/\\u\{?[\da-f]{4,}\}?|\\x[\da-f]{2}/gi, "")
    .replace(/\\([^])/g, "$1");
}
