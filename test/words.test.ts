/**
 * Lists every string that a user reads in one file: its diff shows a reviewer the words
 * of the pages, the HTTP problems and the command line.
 *
 * `node --import tsx test/words.test.ts --update` writes `words.snapshot.txt` again.
 *
 * @module
 */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { type Literal, literalsOf } from "./support/literals.ts";
import { files, isGenerated, read, root } from "./support/tree.ts";

const snapshot = "test/words.snapshot.txt";

/** Files with strings for users. */
const spoken =
  /^(adapters\/(http|dashboard)\/.+|core\/console\/.+|adapters\/(hono|express)|cli\/.+)\.(ts|js)$/;

/** Code in front of a string that shows even a single word: a property, or a call. */
const shown =
  /(\b(title|label|text|detail|empty|hint|unit|summary|usage|question|said|done|description|fix|error|example): |\b(badge|beneath|button|chart|figure|problem|row|section|tab|fact|field|choice|page)\([^()]*)$/;
/** Code in front of a string that never appears. */
const silent =
  /\b(from|import)\s*\(?$|\b(event|path|type|role|method): $|\.(get|has|includes|startsWith|querySelector\w*)\($/;

/** The strings of one file that a user can read, in the order of the file. */
function wordsOf(path: string): string[] {
  return literalsOf(read(path)).flatMap(visible)
    .map((text) => text.replace(/\s+/g, " ").trim())
    .filter((text) => /\p{L}{2}/u.test(text));
}

function visible({ text, before }: Literal): string[] {
  if (silent.test(before)) return [];
  if (/\bhtml$/.test(before)) return textNodes(text);
  return isProse(text) || shown.test(before) ? [text] : [];
}

/** Attributes of HTML that users read. */
const readAttribute = /\b(?:title|placeholder|aria-label|data-question)="([^"]*)"/g;

/** The text and the attributes of a piece of HTML, which may start within a tag. */
function textNodes(markup: string): string[] {
  const attributes = [...markup.matchAll(readAttribute)].map(([, value]) => value!);
  if (!markup.includes("<")) return markup.includes('="') ? attributes : [markup];
  const text = markup.replace(/<\/?(?:a|b|bdi|code|kbd|span)\b[^>]*>/g, " ")
    .replace(/<[^>]*>/g, "\n").replace(/<[^>]*$/, "").replace(/^[^<>]*="[^<>]*>/, "");
  return [...text.split("\n\n"), ...attributes];
}

/** Checks whether a text consists of words, and not of a path, a pattern or a list of classes. */
function isProse(text: string): boolean {
  if (/^\s*[{[<]|^[a-z-]+(\/[a-z-]+)+|^default-src|\w=\w.*;/.test(text)) return false;
  return /\p{L}{2,}["”)]?[,:;.]? +(?:\p{L}|…|"|\d)/u.test(text);
}

function snapshotText(): string {
  return files()
    .filter((path) => spoken.test(path) && !path.endsWith("/build.ts") && !isGenerated(path))
    .map((path) => [path, ...new Set(wordsOf(path))])
    .filter(({ length }) => length > 1)
    .map(([path, ...words]) => `# ${path}\n${words.join("\n")}\n`)
    .join("\n");
}

if (process.argv.includes("--update")) writeFileSync(join(root, snapshot), snapshotText());

test("the words that users read are those of the snapshot, which a reviewer has read", () => {
  // Only what differs: the runner of Node 20 hangs on a failure of more than 64 KB.
  const [kept, now] = [read(snapshot).split("\n"), snapshotText().split("\n")];
  const differs = (these: readonly string[], those: readonly string[]) => {
    const known = new Set(those);
    return these.filter((line) => !known.has(line)).slice(0, 20);
  };
  assert.deepEqual(
    { gone: differs(kept, now), fresh: differs(now, kept), equal: kept.join() === now.join() },
    { gone: [], fresh: [], equal: true },
    "run: node --import tsx test/words.test.ts --update, and read its diff",
  );
});
