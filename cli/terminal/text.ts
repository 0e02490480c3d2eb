/**
 * Text for a terminal: its width, cut and padded to a width, and without control
 * sequences. The name of a task or the text of an error may contain any.
 *
 * @module
 */

/** Names of the styles. */
export const styleNames = [
  "bold",
  "dim",
  "red",
  "green",
  "yellow",
  "blue",
  "magenta",
  "cyan",
] as const;

/** Name of a style. */
export type StyleName = typeof styleNames[number];

/** Escape sequences of the styles; all others are removed. */
// deno-lint-ignore no-control-regex -- these are the characters it looks for
const own = /(\u001b\[(?:1|2|22|3[1-6]|39)m)/;

/** Escape sequences: a title or link up to its end, then colours and cursor moves. */
const sequences =
  // deno-lint-ignore no-control-regex -- these are the characters it removes
  /(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b[ -/]*[0-~]/g;

/** Control characters except line feed and tab, and characters that reorder text. */
const control = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** Removes all control characters, and every escape sequence except those of the styles. */
export function harmless(text: string): string {
  if (!/[^\n\t\x20-\x7e]/.test(text)) return text;
  let weighted = false;
  let colored = false;
  const parts = text.split(own).map((part, i) => {
    if (i % 2 === 0) return plain(part);
    const code = parseInt(part.slice(2));
    if (code <= 22) weighted = code !== 22;
    else colored = code !== 39;
    return part;
  });
  // An open style, cut off or from the data, must not run into the next text.
  return parts.join("") + (weighted ? "\u001b[22m" : "") + (colored ? "\u001b[39m" : "");
}

/** Removes every escape sequence, and control characters except line feed and tab. */
export function plain(text: string): string {
  return text.replace(sequences, "").replace(control, "");
}

/** Joins `text` into one line. */
export function oneLine(text: string): string {
  // One run at a time: a pattern that may begin with any blank takes quadratic time on many.
  return text.replace(/\s+/g, (blanks) => /[\r\n\t]/.test(blanks) ? " " : blanks).trim();
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Characters that take two columns: East Asian wide ones, and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f1e6}-\u{1f1ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f/u;
const empty = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;

/** Width of `text` in columns. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const part of text.split(own).filter((_, i) => i % 2 === 0)) {
    for (const { segment } of segmenter.segment(part)) width += columnsOf(segment);
  }
  return width;
}

function columnsOf(grapheme: string): number {
  return empty.test(grapheme) ? 0 : wide.test(grapheme) ? 2 : 1;
}

/** The most characters that one column is worth reading: text without any width has no end. */
const charactersPerColumn = 16;

/** Cuts `text` to `columns`, with an ellipsis; closes open styles. Reads no more than it returns. */
export function cut(text: string, columns: number): string {
  const most = charactersPerColumn * (columns + 1);
  let width = 0;
  let result = "";
  let styled = false;
  const end = (): string => `${result}…${styled ? "\u001b[22m\u001b[39m" : ""}`;
  for (const [i, part] of text.slice(0, Math.max(0, most)).split(own).entries()) {
    if (i % 2 === 1) {
      result += part;
      styled = true;
      continue;
    }
    for (const { segment } of segmenter.segment(part)) {
      width += columnsOf(segment);
      if (width < columns) result += segment;
      if (width <= columns) continue;
      return columns < 1 ? "" : end();
    }
  }
  return text.length > most ? end() : text;
}

/** Pads `text` with spaces to `columns`. */
export function pad(text: string, columns: number, align: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, columns - widthOf(text)));
  return align === "right" ? space + text : text + space;
}

/** Wraps `text` at blanks into lines of at most `width` columns; each begins with `before`. */
export function wrap(text: string, width: number, before = ""): string[] {
  const lines: string[] = [];
  for (const part of text.split("\n")) {
    let line = before;
    for (const word of part.split(" ")) {
      const longer = line === before ? line + word : `${line} ${word}`;
      if (widthOf(longer) > width && line !== before) {
        lines.push(line);
        line = before + word;
      } else {
        line = longer;
      }
    }
    lines.push(line);
  }
  return lines;
}
