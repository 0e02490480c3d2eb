/**
 * Exporting what OpenTelemetry is told to a collector: the one place that knows its
 * SDK, which only those install who want it. What it reads from OTEL_* variables is
 * the user's to set; only the endpoint is ours.
 *
 * @module
 */

import { extname } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { threadId } from "node:worker_threads";
import { CliError } from "../framework/cli_error.ts";

/** Where to export to. */
export interface Otlp {
  /** The OTLP endpoint, over HTTP; signals are appended to it as the specification says. */
  readonly url: string;
  /** Such as `--otlp` or `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly from: string;
}

/** What exports. */
export interface Exporter {
  /** Tells of an event that is a warning. */
  warn(name: string, attributes: Readonly<Record<string, string | number>>): void;
  /** Exports what is left, for `ms` at most; 3 s by default. */
  close(ms?: number): Promise<void>;
}

/** The option that says where to; who has it names its type as well, as what is published must. */
export const otlpArg = {
  type: "string",
  valueHint: "url",
  description: "Export spans, metrics and logs there (OTEL_EXPORTER_OTLP_ENDPOINT)",
} as const;

const variable = "OTEL_EXPORTER_OTLP_ENDPOINT";
/** What has an isolate export, too, once it is imported there. */
export const isolateExporter: string = new URL("./otlp_isolate.ts", import.meta.url).href
  .replace(/\.ts$/, extname(import.meta.url));
/** What makes the SDK be there. */
export const install = "npm install @opentelemetry/sdk-node";
const farewellMs = 3000;
const troubleEveryMs = 60_000;

/**
 * Where to export to: what the option `--otlp` says, else the configuration file, else the
 * environment; undefined where none does.
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
 * Registers an SDK that exports spans, metrics and logs of this process; `name` is what
 * people call it, and `more` is what else is said of all that is told, here and in the processes
 * this one starts. `complain` is told when that fails, once a minute at most. Where only the
 * environment asks for it, which may mean other programs, no SDK is no reason not to work: that is
 * complained of, and nothing is exported.
 *
 * @throws {CliError} 2 if the SDK is not installed.
 */
export async function exportTo(
  { url, from }: Otlp,
  name: string,
  complain: (trouble: string) => void,
  more: Readonly<Record<string, string>> = {},
): Promise<Exporter | undefined> {
  let loaded: Awaited<ReturnType<typeof sdk>>;
  try {
    loaded = await sdk();
  } catch (error) {
    if (from !== variable) throw error;
    complain(`${variable} is set, and nothing is exported: ${install}`);
    return undefined;
  }
  const { NodeSDK, api } = loaded;
  const { env } = process;
  env[variable] = url;
  for (const signal of ["TRACES", "METRICS", "LOGS"]) env[`OTEL_${signal}_EXPORTER`] ||= "otlp";
  const own = Object.entries({ ...more, "service.instance.id": name })
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  // Of two that are called the same the last one counts.
  env["OTEL_RESOURCE_ATTRIBUTES"] = [env["OTEL_RESOURCE_ATTRIBUTES"], ...own].filter(Boolean)
    .join();
  let toldAt = -Infinity;
  const quiet = () => {};
  const logger = {
    error(message: string) {
      if (performance.now() - toldAt < troubleEveryMs) return;
      toldAt = performance.now();
      complain(`Cannot export telemetry to ${url}: ${reasonOf(message)}`);
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
    async close(ms = farewellMs) {
      const over = new AbortController();
      const late = pause(ms, undefined, { signal: over.signal }).catch(() => {});
      await Promise.race([exporting.shutdown().catch(() => {}), late]);
      over.abort();
    },
  };
}

/** Exports from an isolate what happens in it, to where the worker that has opened it exports. */
export async function exportHere(): Promise<void> {
  const url = process.env[variable];
  if (!url) return;
  // Two that count under one name would be one to whoever collects.
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

/** An exporter tells its error as JSON, with a stack. */
function reasonOf(message: string): string {
  try {
    const { message: said, code, name } = JSON.parse(message);
    return String(said || code || name).split("\n")[0]!;
  } catch {
    return String(message).split("\n")[0]!.slice(0, 200);
  }
}
