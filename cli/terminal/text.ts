/**
 * Text for a terminal: how wide it is, cut to a width, and free of anything a
 * terminal would obey. A task's name or an error's text comes from anywhere.
 *
 * @module
 */

/** Our own styles: how each begins and ends. */
export const styles = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;

/** The name of a style. */
export type StyleName = keyof typeof styles;

/** The escape sequences of our styles; no other leaves this program. */
// deno-lint-ignore no-control-regex -- these are the characters it looks for
const own = /(\u001b\[(?:1|2|22|3[1-6]|39)m)/;

/** A terminal's escape sequences: a title or link up to its end, then colours and cursor moves. */
const sequences =
  // deno-lint-ignore no-control-regex -- these are the characters it removes
  /(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b[ -/]*[0-~]/g;

/** Control characters but line feed and tab, and what reorders text. */
const control = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** `text` with every sequence but those of our styles taken out, and no other control character. */
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
  // A style that was cut off, or stood in the data, must not run into what follows.
  return parts.join("") + (weighted ? "\u001b[22m" : "") + (colored ? "\u001b[39m" : "");
}

/** `text` without any escape sequence and control character but line feed and tab. */
export function plain(text: string): string {
  return text.replace(sequences, "").replace(control, "");
}

/** `text` as one line. */
export function oneLine(text: string): string {
  return text.replace(/\s*[\r\n\t]+\s*/g, " ").trim();
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Wide in East Asian fonts, and what is drawn as a picture. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f1e6}-\u{1f1ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f/u;
const empty = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;

/** How many columns `text` takes. */
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

/** `text` cut to `columns`, with an ellipsis where it was; styles that are open are closed. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let room = columns - 1;
  let result = "";
  let styled = false;
  outer:
  for (const [i, part] of text.split(own).entries()) {
    if (i % 2 === 1) {
      result += part;
      styled = true;
      continue;
    }
    for (const { segment } of segmenter.segment(part)) {
      room -= columnsOf(segment);
      if (room < 0) break outer;
      result += segment;
    }
  }
  return columns < 1 ? "" : `${result}…${styled ? "\u001b[22m\u001b[39m" : ""}`;
}

/** `text` with spaces to fill `columns`, behind it or, aligned right, before it. */
export function pad(text: string, columns: number, align: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, columns - widthOf(text)));
  return align === "right" ? space + text : text + space;
}

/** Breaks `text` into lines of at most `width` columns, where it has blanks; each begins with `before`. */
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
