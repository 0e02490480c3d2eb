/**
 * A collector: receives spans, metrics and logs by the OpenTelemetry protocol over
 * HTTP. It accepts protobuf and JSON, compressed or not, and keeps everything.
 *
 * @module
 */

import { createServer, type IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import protobuf from "protobufjs";
import { read } from "./tree.ts";

/** A received span. */
export interface OtlpSpan {
  readonly service: string;
  /** The attributes of the process that sent it. */
  readonly resource: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly spanId: string; readonly kind: unknown }[];
}

/** A received point of a metric; a histogram's value is its count. */
export interface OtlpPoint {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** True if the value arrived as a whole number. */
  readonly whole: boolean;
  readonly bounds: readonly number[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A received event. */
export interface OtlpEvent {
  readonly name: string;
  readonly severity: string;
  readonly spanId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A running collector and its data. */
export interface Collector {
  readonly url: string;
  readonly spans: readonly OtlpSpan[];
  readonly points: readonly OtlpPoint[];
  readonly events: readonly OtlpEvent[];
  /** All data, as text. */
  text(): string;
  /** The content types of the requests. */
  readonly types: ReadonlySet<string>;
  close(): void;
}

const schema = protobuf.parse(read("test/support/otlp.proto")).root;

/** The signal that each path receives. */
const signals: Readonly<Record<string, string>> = {
  "/v1/traces": "TraceData",
  "/v1/metrics": "MetricsData",
  "/v1/logs": "LogsData",
};

/** Opens a collector on a free port. */
export async function openCollector(): Promise<Collector> {
  const spans: OtlpSpan[] = [], points: OtlpPoint[] = [], events: OtlpEvent[] = [];
  const types = new Set<string>();
  const server = createServer(async (request, response) => {
    const signal = signals[request.url ?? ""];
    const type = request.headers["content-type"] ?? "";
    if (request.method !== "POST" || signal === undefined) {
      response.writeHead(404).end();
      return;
    }
    try {
      const bytes = await bodyOf(request);
      const data = type === "application/json"
        ? JSON.parse(bytes.toString())
        : decoded(signal, bytes);
      types.add(type);
      for (const each of data.resourceSpans ?? []) spans.push(...spansOf(each));
      for (const each of data.resourceMetrics ?? []) points.push(...pointsOf(each));
      for (const each of data.resourceLogs ?? []) events.push(...eventsOf(each));
      response.writeHead(200, { "content-type": type });
      response.end(type === "application/json" ? "{}" : undefined);
    } catch (error) {
      response.writeHead(400).end(String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${address.port}`,
    spans,
    points,
    events,
    types,
    text: () => JSON.stringify({ spans, points, events }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}

/** Decodes protobuf into the JSON form of the protocol: ids as hex. */
function decoded(signal: string, bytes: Buffer): any {
  const type = schema.lookupType(signal);
  return hexed(type.toObject(type.decode(bytes), { longs: String, bytes: Array }));
}

function hexed(value: any): any {
  if (Array.isArray(value)) {
    return value.length > 0 && value.every((each) => typeof each === "number") &&
        (value.length === 16 || value.length === 8)
      ? Buffer.from(value).toString("hex")
      : value.map(hexed);
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      /Id$/.test(key) ? hexed(each) : key === "explicitBounds" ? each : hexed(each),
    ]),
  );
}

function spansOf({ resource, scopeSpans = [] }: any): OtlpSpan[] {
  const where = attributesOf(resource?.attributes);
  const service = String(where["service.instance.id"] ?? "");
  return scopeSpans.flatMap(({ spans = [] }: any) =>
    spans.map((span: any) => ({
      service,
      resource: where,
      name: span.name,
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: textOf(span.parentSpanId),
      kind: span.kind,
      startMs: Number(span.startTimeUnixNano) / 1e6,
      endMs: Number(span.endTimeUnixNano) / 1e6,
      failed: span.status?.code === 2,
      attributes: attributesOf([
        ...span.attributes ?? [],
        ...(span.events ?? []).flatMap((event: any) => event.attributes ?? []),
      ]),
      links: (span.links ?? []).map((link: any) => ({
        spanId: link.spanId,
        kind: attributesOf(link.attributes)["relier.link.kind"],
      })),
    }))
  );
}

function pointsOf({ scopeMetrics = [] }: any): OtlpPoint[] {
  return scopeMetrics.flatMap(({ metrics = [] }: any) =>
    metrics.flatMap(({ name, unit = "", gauge, sum, histogram }: any) =>
      ((gauge ?? sum ?? histogram)?.dataPoints ?? []).map((point: any) => ({
        name,
        unit,
        value: Number(point.count ?? point.asInt ?? point.asDouble ?? 0),
        whole: point.asInt !== undefined,
        bounds: (point.explicitBounds ?? []).map(Number),
        attributes: attributesOf(point.attributes),
      }))
    )
  );
}

function eventsOf({ scopeLogs = [] }: any): OtlpEvent[] {
  return scopeLogs.flatMap(({ logRecords = [] }: any) =>
    logRecords.map((record: any) => ({
      name: record.eventName ?? "",
      severity: record.severityText ?? "",
      spanId: textOf(record.spanId),
      attributes: attributesOf([
        ...record.attributes ?? [],
        ...record.body ? [{ key: "body", value: record.body }] : [],
      ]),
    }))
  );
}

function attributesOf(list: any[] = []): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => {
    const [[kind, found] = ["", undefined]] = Object.entries(value ?? {});
    return [key, kind === "intValue" ? Number(found) : found];
  }));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
