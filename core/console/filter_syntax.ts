/**
 * Syntax of conditions: `name=charge-card,error=StripeError,payload.customer.id=42`, as option
 * `--where` takes them and as pages show them.
 *
 * @module
 */

import { type Conditions, conditions } from "./filter.ts";
import { readDuration } from "./format.ts";

/** Error for a part of a line that is not a condition. */
export class ConditionError extends Error {
  /** Name of the error. */
  override name = "NoCondition";
  /** The part as written. */
  readonly part: string;
  /** Name of the condition; empty if it has none. */
  readonly condition: string;
  /** Creates the error. */
  constructor(part: string, called: string, why = "it is not a condition") {
    super(why);
    [this.part, this.condition] = [part, called];
  }
}

const name = String.raw`payload\.[^=,]+|\w+`;
/** A comma ends a condition only before the next one; a quoted value ends with its quotes. */
const condition = new RegExp(
  String.raw`\s*(${name})=("(?:[^"\\]|\\.)*"|(?:(?!,\s*(?:${name})=)[^])*)(?:,|$)`,
  "y",
);

/** Parses a line. @throws {ConditionError} */
export function parseWhere(line: string): Conditions {
  const wanted: { [K in typeof conditions[number]]?: string } = {};
  const payload: [path: string, value: string][] = [];
  condition.lastIndex = 0;
  let end = 0;
  do {
    const [all, called = "", text = ""] = condition.exec(line) ?? [];
    const part = (all ?? line.slice(end)).replace(/,$/, "");
    end = condition.lastIndex;
    const value = /^".*"$/s.test(text) ? unquoted(text) : text;
    const known = conditions.find((each) => each === called);
    if (called.startsWith("payload.") && value !== undefined) {
      payload.push([called.slice("payload.".length), value]);
    } else if (known === undefined || !value || wanted[known] !== undefined) {
      throw new ConditionError(part, called);
    } else if (known === "since" && readDuration(value) === undefined) {
      throw new ConditionError(part, called, "it must be like since=10m, 2h or 7d");
    } else {
      wanted[known] = value;
    }
  } while (end < line.length);
  return { ...wanted, payload };
}

function unquoted(text: string): string | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes the line that {@linkcode parseWhere} parses as `wanted`; empty without conditions. */
export function formatWhere({ payload = [], ...wanted }: Conditions): string {
  const all: [name: string, value: string][] = [
    ...conditions.flatMap((each): [string, string][] => {
      const value = wanted[each];
      return value === undefined ? [] : [[each, value]];
    }),
    ...payload.map(([path, value]): [string, string] => [`payload.${path}`, value]),
  ];
  const alone = new RegExp(`^"|,$|,\\s*(?:${name})=`);
  return all.map(([each, value]) => `${each}=${alone.test(value) ? JSON.stringify(value) : value}`)
    .join(",");
}
