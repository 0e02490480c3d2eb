/**
 * A reader of the text format of Prometheus 0.0.4, as strict as a scrape: each sample belongs to the
 * family above it, and a histogram is complete.
 *
 * @module
 */

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";

/** A sample with its labels. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples under one `# TYPE` line. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

/** One histogram; `buckets` are pairs of an upper bound and a cumulative count. */
export interface Histogram {
  readonly buckets: readonly (readonly [le: number, count: number])[];
  readonly sum: number;
  readonly count: number;
}

const label = String.raw`[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"`;
const sampleLine = new RegExp(
  String.raw`^([a-zA-Z_:][\w:]*)(?:\{(${label}(?:,${label})*)\})? (\S+)$`,
);
const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: [""],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
};

/** Reads a scrape by the names of its families. */
export function scrapeOf(text: string): ReadonlyMap<string, Family> {
  assert.ok(text.endsWith("\n"), "a scrape ends with a line break");
  const families = new Map<string, Family>();
  let [help, family]: [string[], Family | undefined] = [[], undefined];
  const seen = new Set<string>();
  for (const line of text.slice(0, -1).split("\n")) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") help = [name, rest];
    else if (kind === "TYPE") {
      assert.ok(!families.has(name), `${name} comes twice`);
      assert.ok(suffixes[rest], line);
      assert.equal(rest === "counter", name.endsWith("_total"), line);
      family = { name, type: rest, help: help[0] === name ? help[1]! : "", samples: [] };
      families.set(name, family);
    } else {
      const sample = sampleOf(line);
      assert.ok(family && suffixes[family.type]!.some((end) => sample.name === family!.name + end));
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      assert.ok(!seen.has(key), `${line} comes twice`);
      seen.add(key);
      family.samples.push(sample);
    }
  }
  return families;
}

function sampleOf(line: string): Sample {
  const [, name, labels = "", value] = sampleLine.exec(line) ?? assert.fail(line);
  assert.ok(value === "+Inf" || !Number.isNaN(Number(value)), line);
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  return {
    name: name!,
    labels: Object.fromEntries(pairs.map(([, key, text]) => [key, JSON.parse(`"${text}"`)])),
    value: Number(value),
  };
}

/** The value of the only sample of `name` with exactly these labels; undefined without one. */
export function valueOf(
  scrape: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>>,
): number | undefined {
  const samples = scrape.get(name)?.samples ?? [];
  return samples.find((sample) => isDeepStrictEqual(sample.labels, labels))?.value;
}

/** Reads the histogram of `labels`, and checks that it is one; undefined without a sample. */
export function histogramOf(
  family: Family | undefined,
  labels: Readonly<Record<string, string>>,
): Histogram | undefined {
  const all = (family?.samples ?? [])
    .filter((sample) => Object.entries(labels).every(([key, text]) => sample.labels[key] === text));
  if (!family || all.length === 0) return undefined;
  const ending = (end: string): Sample[] => all.filter(({ name }) => name === family.name + end);
  const buckets = ending("_bucket").map(({ labels: { le }, value }) =>
    [le === "+Inf" ? Infinity : Number(le), value] as const
  );
  const [[sum, ...sums], [count, ...counts]] = [ending("_sum"), ending("_count")];
  assert.ok(sum && count && sums.length + counts.length === 0, "one sum and one count");
  assert.deepEqual(buckets.at(-1), [Infinity, count.value]);
  buckets.forEach(([le, upTo], n) => {
    const [before, below] = buckets[n - 1] ?? [-Infinity, 0];
    assert.ok(le > before && upTo >= below, "buckets are in order and cumulative");
  });
  return { buckets, sum: sum.value, count: count.value };
}
