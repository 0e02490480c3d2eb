/**
 * Text format of Prometheus.
 *
 * @module
 */

/** A value with its labels. */
export interface MetricSample {
  /** Ending of its name: samples of a histogram have one. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
  /** Labels by name. */
  readonly labels: Readonly<Record<string, string>>;
  /** Value of the sample. */
  readonly value: number;
}

/** A metric. Its name ends in its base unit, that of a counter in `_total`. */
export interface MetricFamily {
  /** Name of the metric. */
  readonly name: string;
  /** Type of the metric. */
  readonly type: "counter" | "gauge" | "histogram";
  /** Description of the metric. */
  readonly help: string;
  /** Samples of the metric. */
  readonly samples: readonly MetricSample[];
}

/** Content type of the text. */
export const expositionType = "text/plain; version=0.0.4; charset=utf-8";

/** Writes the text; a metric without samples is left out. */
export function exposition(families: readonly MetricFamily[]): string {
  const lines = families.filter(({ samples }) => samples.length > 0).flatMap((family) => [
    `# HELP ${family.name} ${escaped(family.help)}`,
    `# TYPE ${family.name} ${family.type}`,
    ...family.samples.map(({ suffix = "", labels, value }) =>
      `${family.name}${suffix}${labelled(labels)} ${value}`
    ),
  ]);
  return lines.join("\n") + "\n";
}

function labelled(labels: MetricSample["labels"]): string {
  const all = Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`);
  return all.length === 0 ? "" : `{${all.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
