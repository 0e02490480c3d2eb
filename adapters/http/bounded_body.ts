/**
 * Reading bodies with a bound: nobody's request or response fills the memory.
 *
 * @module
 */

/** A body: all of it, or what is left of it where it is longer than was wanted. */
export type Body =
  | { readonly bytes: Uint8Array<ArrayBuffer>; readonly rest?: undefined }
  | { readonly bytes?: undefined; readonly rest: ReadableStream<Uint8Array> };

/** Reads `body` if it is at most `max` bytes; else nothing of it is lost, and the rest unread. */
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
    if (size > max) return { rest: again(chunks, reader) };
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

/** What was read already, and what is still to come. */
function again(
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

/** Bytes as text, or null if they are no UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
