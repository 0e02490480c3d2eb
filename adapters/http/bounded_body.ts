/**
 * Reads bodies up to a limit, so that no request or response fills the memory.
 *
 * @module
 */

/** A body: all of it in `bytes`, or a stream of all of it in `rest` if it exceeds the limit. */
export type Body =
  | { readonly bytes: Uint8Array<ArrayBuffer>; readonly rest?: undefined }
  | { readonly bytes?: undefined; readonly rest: ReadableStream<Uint8Array> };

/** Reads `body` if it has at most `max` bytes. A longer one is returned as a stream, complete. */
export async function readUpTo(
  body: ReadableStream<Uint8Array> | null,
  max: number,
): Promise<Body> {
  if (body === null) return { bytes: new Uint8Array() };
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { bytes: joined(chunks, size) };
    chunks.push(value);
    size += value.length;
    if (size > max) return { rest: replayed(chunks, reader) };
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Streams the chunks that were read, then what the reader still has. */
function replayed(
  chunks: Uint8Array[],
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const chunk = chunks.shift();
      if (chunk) return controller.enqueue(chunk);
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** Bytes as text, or null if they are not UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
