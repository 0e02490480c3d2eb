/**
 * An answer of Node's HTTP that is held back until it is whole: so that it can be
 * kept before anybody has it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from "node:http";

/** Who wants to have an answer before the client does. */
export interface ResponseReceiver {
  /**
   * Given the answer, `bytes` being undefined if it is longer than was wanted. Resolves to
   * what answers instead, if it is not to be sent.
   */
  settle(
    status: number,
    headers: Iterable<readonly [string, string]>,
    bytes: Uint8Array | undefined,
  ): Promise<(() => void) | undefined>;
  /** Told that the client is gone, and nobody has answered. */
  release(): Promise<void>;
}

/** How long a handler whose client is gone may take to answer all the same. */
const goneMs = 60_000;

/** Holds back the answer given through `outgoing`, of up to `max` bytes. */
export function bufferResponse(
  outgoing: ServerResponse,
  max: number,
  holder: ResponseReceiver,
): void {
  const { write, end, writeHead, flushHeaders } = outgoing;
  const chunks: Buffer[] = [];
  let size = 0;
  let ended = false;

  function take(chunk: unknown, encoding: unknown): void {
    if (chunk === undefined || chunk === null || typeof chunk === "function") return;
    const code = typeof encoding === "string" ? encoding as BufferEncoding : "utf8";
    const bytes = typeof chunk === "string"
      ? Buffer.from(chunk, code)
      : Buffer.from(chunk as Uint8Array);
    chunks.push(bytes);
    size += bytes.length;
  }

  /** Longer than is wanted: from here on it goes its way. */
  function letGo(): void {
    Object.assign(outgoing, { write, writeHead, flushHeaders });
    for (const chunk of chunks.splice(0)) write.call(outgoing, chunk, "utf8");
  }

  async function finish(callback: unknown): Promise<void> {
    const { statusCode } = outgoing;
    const headers = outgoing.getHeaders();
    const body = size <= max ? Buffer.concat(chunks) : undefined;
    const instead = await holder.settle(statusCode, fieldsOf(headers), body);
    Object.assign(outgoing, { write, end, writeHead, flushHeaders });
    if (!outgoing.headersSent) {
      // It was over for the handler: what is thrown since then changes nothing of it.
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
      if (size > max) letGo();
      if (callback) queueMicrotask(callback as () => void);
      return true;
    },
    end(chunk: unknown, ...rest: unknown[]) {
      if (ended) return outgoing;
      ended = true;
      take(chunk, rest[0]);
      if (size > max) letGo();
      void finish([chunk, ...rest].find((each) => typeof each === "function"))
        .catch((error) => outgoing.destroy(error));
      return outgoing;
    },
  });
  outgoing.once("close", () => {
    if (ended) return;
    setTimeout(() => void (ended || holder.release()), goneMs).unref();
  });
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
