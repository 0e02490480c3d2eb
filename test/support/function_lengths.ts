/**
 * Measures functions by the indentation that the formatter guarantees.
 *
 * @module
 */

/** A function whose body has lines of its own. */
export interface FunctionLength {
  /** The first line of the function, from 1. */
  readonly line: number;
  /** The number of lines, head and end included. */
  readonly lines: number;
}

const head = /(=> |\)(: [^=]*)? )\{$/;
const statement = /^(\} )?(if|for|while|switch|catch|else)\b/;

/** The functions of a formatted TypeScript file that span more than one line. */
export function functionLengths(text: string): FunctionLength[] {
  const lines = text.split("\n");
  return lines.flatMap((line, at) => {
    if (!head.test(line)) return [];
    const begin = headOf(lines, at);
    if (statement.test(lines[begin]!.trimStart())) return [];
    const end = lines.findIndex((each, i) =>
      i > at && indentOf(each) === indentOf(line) && each.trimStart().startsWith("}")
    );
    return end < 0 ? [] : [{ line: begin + 1, lines: end - begin + 1 }];
  });
}

/** The first line of the head that ends at `at`: its parameters may have lines of their own. */
function headOf(lines: readonly string[], at: number): number {
  let begin = at;
  while (/^[)}\]>]/.test(lines[begin]!.trimStart()) && begin > 0) {
    const indent = indentOf(lines[begin]!);
    do begin--; while (begin > 0 && (lines[begin] === "" || indentOf(lines[begin]!) > indent));
  }
  return begin;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
