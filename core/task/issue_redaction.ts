/**
 * Makes the messages of a schema safe to show: they must not contain the payload.
 *
 * Libraries quote the value they received, and a custom message may quote anything. So a message
 * is cut where it begins to quote. The rest is kept only if it shares no word or number with the
 * payload, besides the words of every schema. In doubt the message is dropped: the path still
 * names the place.
 *
 * @module
 */

import { cleaned } from "../base/safe_text.ts";

/** The replacement for a message that cannot be shown. */
const unsaid = "it is not what the schema accepts";

/** The most characters of a message that are kept. */
const maxLength = 200;

/** The most characters and values of a payload that messages are compared with. */
const maxText = 65_536;
const maxValues = 10_000;

/** The places where libraries begin to quote. */
const quoting = /[\s,;:(]*(?:\b(?:but\s+)?(?:received|got)\b|\(was\b)/iu;

/** Words of schemas: they reveal nothing about a payload, even if it contains them. */
const vocabulary = new Set(
  ("a an and any array at be between bigint boolean character characters date email empty " +
    "enum expected field format greater have has in input int integer invalid is it items key " +
    "keys least length less literal long longer many match max maximum min minimum missing most " +
    "must no not null number object of one option or pattern positive property required short " +
    "shorter should small big string than the to too tuple type undefined union unknown " +
    "unrecognized url uuid valid value with").split(" "),
);

const word = /[\p{L}\p{M}\p{N}]+/gu;

/** Words this short are compared whole, because nearly every text contains them somewhere. */
const short = 3;

/** The text and words of a payload, folded. */
interface Haystack {
  readonly text: string;
  readonly words: ReadonlySet<string>;
  /** Values without a word, such as `"!?"`. */
  readonly signs: readonly string[];
}

/** A function that makes messages about `value` safe to show, at most 200 characters each. */
export function safeMessage(value: unknown): (message: unknown) => string {
  let hay: Haystack | null | undefined;
  return (message) => {
    if (typeof message !== "string") return unsaid;
    const kept = cleaned(message, maxLength).split(quoting, 1)[0]!.trim();
    if (kept === "") return unsaid;
    if (hay === undefined) hay = haystack(value);
    return hay !== null && !shares(folded(kept), hay) ? kept : unsaid;
  };
}

/** Reports if a word of `message` is in the payload, or a word of the payload in `message`. */
function shares(message: string, { text, words, signs }: Haystack): boolean {
  if (signs.some((each) => message.includes(each))) return true;
  const said = message.match(word) ?? [];
  const own = said.filter((each) => !vocabulary.has(each));
  if (own.some((each) => words.has(each) || each.length > short && text.includes(each))) {
    return true;
  }
  for (const each of words) {
    if (each.length > short && own.some((mine) => mine.includes(each))) return true;
  }
  return false;
}

/** The values of a payload; keys are no secret. `null` if there are too many, or unreadable ones. */
function haystack(value: unknown): Haystack | null {
  const parts: string[] = [];
  let length = 0;
  const left: unknown[] = [value];
  try {
    for (let seen = 0; left.length > 0; seen++) {
      const next = left.pop();
      if (seen > maxValues || left.length > maxValues) return null;
      if (typeof next === "object" && next !== null) {
        if (!isPlain(next)) return null;
        for (const item of Object.values(next)) left.push(item);
      } else if (typeof next === "function" || typeof next === "symbol") return null;
      else {
        const part = String(next);
        length += part.length;
        if (length > maxText) return null;
        parts.push(folded(part));
      }
    }
  } catch {
    // A payload that cannot be read cannot be compared.
    return null;
  }
  const text = parts.join("\n");
  const signs = parts.map((part) => part.trim()).filter((part) => part && part.search(word) < 0);
  return { text, words: new Set(text.match(word) ?? []), signs };
}

/** One form for texts that differ in case or in how Unicode composes them. */
function folded(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || prototype === Object.prototype;
}
