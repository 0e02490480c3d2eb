/**
 * A response of Node.js that is held back until it is complete, so that it can be stored
 * before the client gets it. It replaces methods of `ServerResponse`, so it depends on how
 * Express calls them: change it with care.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from "node:http";

/** Receives a response before the client does. */
export interface ResponseReceiver {
  /**
   * Gets the response; `bytes` is undefined if it is too long. Resolves to a function that
   * sends another response, if this one must not be sent.
   */
  settle(
    status: number,
    headers: Iterable<readonly [string, string]>,
    bytes: Uint8Array | undefined,
  ): Promise<(() => void) | undefined>;
  /** Called when the client has left long ago, and the handler has still not responded. */
  release(): Promise<void>;
}

/**
 * The time after which a handler whose client has left counts as one that never responds. Until
 * then it may still run, and the next request with its key would run it a second time.
 */
const abandonedMs = 24 * 3_600_000;

/** Holds back the response written to `outgoing`, of up to `max` bytes. */
export function bufferResponse(
  outgoing: ServerResponse,
  max: number,
  receiver: ResponseReceiver,
): void {
  const { write, end, writeHead, flushHeaders } = outgoing;
  const chunks: Buffer[] = [];
  let size = 0;
  let ended = false;

  function take(chunk: unknown, encoding: unknown): void {
    const bytes = bytesOf(chunk, encoding);
    if (bytes === undefined) return;
    chunks.push(bytes);
    size += bytes.length;
  }

  /** Sends a response that exceeds the limit as it comes. */
  function passThrough(): void {
    Object.assign(outgoing, { write, writeHead, flushHeaders });
    for (const chunk of chunks.splice(0)) write.call(outgoing, chunk, "utf8");
  }

  async function finish(callback: unknown): Promise<void> {
    const { statusCode } = outgoing;
    const headers = outgoing.getHeaders();
    const body = size <= max ? Buffer.concat(chunks) : undefined;
    const instead = await receiver.settle(statusCode, fieldsOf(headers), body);
    Object.assign(outgoing, { write, end, writeHead, flushHeaders });
    if (!outgoing.headersSent) {
      // The handler has ended its response: headers that were set since then do not count.
      for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name);
      if (instead) return instead();
      outgoing.statusCode = statusCode;
      for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value!);
    }
    end.call(outgoing, body, "utf8", callback as () => void);
  }

  Object.assign(outgoing, {
    flushHeaders() {},
    writeHead(status: number, ...rest: unknown[]) {
      outgoing.statusCode = status;
      for (const [name, value] of given(rest.at(-1))) outgoing.setHeader(name, value);
      return outgoing;
    },
    write(chunk: unknown, ...rest: unknown[]) {
      take(chunk, rest[0]);
      const callback = rest.find((each) => typeof each === "function");
      if (size > max) passThrough();
      if (callback) queueMicrotask(callback as () => void);
      return true;
    },
    end(chunk: unknown, ...rest: unknown[]) {
      if (ended) return outgoing;
      ended = true;
      take(chunk, rest[0]);
      if (size > max) passThrough();
      void finish([chunk, ...rest].find((each) => typeof each === "function"))
        .catch((error) => outgoing.destroy(error));
      return outgoing;
    },
  });
  outgoing.once("close", () => {
    if (ended) return;
    setTimeout(() => void (ended || receiver.release()), abandonedMs).unref();
  });
}

/** A chunk as `write` and `end` take it; undefined if there is none. */
function bytesOf(chunk: unknown, encoding: unknown): Buffer | undefined {
  if (chunk === undefined || chunk === null || typeof chunk === "function") return undefined;
  const code = typeof encoding === "string" ? encoding as BufferEncoding : "utf8";
  return typeof chunk === "string" ? Buffer.from(chunk, code) : Buffer.from(chunk as Uint8Array);
}

/** Headers as `writeHead` takes them. */
function given(headers: unknown): [string, OutgoingHttpHeader][] {
  if (Array.isArray(headers)) {
    const flat = headers.flat() as string[];
    return flat.flatMap((name, i) => i % 2 ? [] : [[name, flat[i + 1]!]]);
  }
  return typeof headers === "object" && headers !== null ? Object.entries(headers) : [];
}

function fieldsOf(headers: OutgoingHttpHeaders): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((each): [string, string] => [name, String(each)])
  );
}
