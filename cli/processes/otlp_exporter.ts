/**
 * Exports telemetry to a collector: the one file that loads the optional SDK of
 * OpenTelemetry. It sets the endpoint; all other OTEL_* variables are the user's.
 *
 * @module
 */

import { extname } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { threadId } from "node:worker_threads";
import { CliError } from "../framework/cli_error.ts";

/** An OTLP endpoint. */
export interface Otlp {
  /** URL over HTTP; the paths of the signals are appended, as the specification says. */
  readonly url: string;
  /** Source of the URL, such as `--otlp` or `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly from: string;
}

/** A running exporter. */
export interface Exporter {
  /** Logs an event with severity WARN. */
  warn(name: string, attributes: Readonly<Record<string, string | number>>): void;
  /** Flushes, for `ms` at most. Default: 3 s. */
  close(ms?: number): Promise<void>;
}

/** The option `--otlp`. */
export const otlpArg = {
  type: "string",
  valueHint: "url",
  description: "OTLP endpoint for spans, metrics and logs (OTEL_EXPORTER_OTLP_ENDPOINT)",
} as const;

const variable = "OTEL_EXPORTER_OTLP_ENDPOINT";
/** Module that an isolate imports to export, too. */
export const isolateExporter: string = new URL("./otlp_isolate.ts", import.meta.url).href
  .replace(/\.ts$/, extname(import.meta.url));
/** Command that installs the SDK. */
export const install = "npm install @opentelemetry/sdk-node";
const flushMs = 3000;
const warnEveryMs = 60_000;

/**
 * The endpoint: from the option `--otlp`, else the configuration file, else the
 * environment; undefined if none sets it.
 *
 * @throws {CliError} 2 if it is no URL over HTTP.
 */
export function otlpOf(
  given: string | undefined,
  configured: { readonly value: string; readonly from: string } | undefined,
  env: NodeJS.ProcessEnv | Readonly<Record<string, string | undefined>>,
): Otlp | undefined {
  const found = given !== undefined
    ? { url: given, from: "--otlp" }
    : configured !== undefined
    ? { url: configured.value, from: configured.from }
    : env[variable]
    ? { url: env[variable], from: variable }
    : undefined;
  if (found && !(URL.canParse(found.url) && /^https?:\/\//.test(found.url))) {
    throw new CliError(2, `Cannot export to "${found.url}" (${found.from}): it is no HTTP URL`, {
      hint: "an OTLP endpoint looks like http://127.0.0.1:4318",
    });
  }
  return found;
}

/**
 * Registers an SDK that exports spans, metrics and logs of this process as instance
 * `name`. `more` are resource attributes, here and in child processes. `onTrouble`
 * is called when an export fails, at most once a minute. Where only the environment
 * asks for an export, a missing SDK is reported and nothing is exported: the variable
 * may be meant for other programs.
 *
 * @throws {CliError} 2 if the SDK is not installed.
 */
export async function exportTo(
  { url, from }: Otlp,
  name: string,
  onTrouble: (trouble: string) => void,
  more: Readonly<Record<string, string>> = {},
): Promise<Exporter | undefined> {
  let loaded: Awaited<ReturnType<typeof sdk>>;
  try {
    loaded = await sdk();
  } catch (error) {
    if (from !== variable) throw error;
    onTrouble(`${variable} is set, and nothing is exported: ${install}`);
    return undefined;
  }
  const { NodeSDK, api } = loaded;
  const { env } = process;
  env[variable] = url;
  for (const signal of ["TRACES", "METRICS", "LOGS"]) env[`OTEL_${signal}_EXPORTER`] ||= "otlp";
  const own = Object.entries({ ...more, "service.instance.id": name })
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  // Of two attributes with one name the last one counts.
  env["OTEL_RESOURCE_ATTRIBUTES"] = [env["OTEL_RESOURCE_ATTRIBUTES"], ...own].filter(Boolean)
    .join();
  let reportedAt = -Infinity;
  const quiet = () => {};
  const logger = {
    error(message: string) {
      if (performance.now() - reportedAt < warnEveryMs) return;
      reportedAt = performance.now();
      onTrouble(`Cannot export telemetry to ${url}: ${reasonOf(message)}`);
    },
    warn: quiet,
    info: quiet,
    debug: quiet,
    verbose: quiet,
  };
  api.diag.setLogger(logger, { logLevel: api.DiagLogLevel.ERROR, suppressOverrideMessage: true });
  const exporting = new NodeSDK({ serviceName: env["OTEL_SERVICE_NAME"] || "relier" });
  exporting.start();
  const { event } = await import("../../core/telemetry/otel_events.ts");
  return {
    warn: (what, attributes) => event(what, "warn", attributes),
    async close(ms = flushMs) {
      const over = new AbortController();
      const late = sleep(ms, undefined, { signal: over.signal }).catch(() => {});
      await Promise.race([exporting.shutdown().catch(() => {}), late]);
      over.abort();
    },
  };
}

/** In an isolate: exports to the endpoint of its worker. */
export async function exportHere(): Promise<void> {
  const url = process.env[variable];
  if (!url) return;
  // A collector would merge the counters of two instances with one name.
  const name = `isolate-${process.pid}-${threadId}`;
  await exportTo({ url, from: variable }, name, console.error);
}

async function sdk(): Promise<typeof import("@opentelemetry/sdk-node")> {
  try {
    return await import("@opentelemetry/sdk-node");
  } catch (cause) {
    throw new CliError(2, "Cannot export telemetry: the SDK of OpenTelemetry is not installed", {
      hint: install,
      cause,
    });
  }
}

/** The first line of an exporter's error, which is JSON with a stack. */
function reasonOf(message: string): string {
  try {
    const { message: text, code, name } = JSON.parse(message);
    return String(text || code || name).split("\n")[0]!;
  } catch {
    return String(message).split("\n")[0]!.slice(0, 200);
  }
}
