/**
 * The only globals core may use, besides the language itself.
 *
 * Every runtime we name has them. A line added here is a promise that Node,
 * Bun, Deno, Cloudflare Workers and Vercel's edge keep, so it wants a reason.
 */

/** A timer. Only some runtimes give it `unref`, so core asks before it calls. */
interface HostTimer {
  unref?(): void;
}

declare function setTimeout(callback: () => void, ms?: number): HostTimer;
declare function clearTimeout(timer: HostTimer | undefined): void;
declare function queueMicrotask(callback: () => void): void;

declare const performance: {
  /** Milliseconds that never go back. For deadlines; the date is Redis's. */
  now(): number;
};

declare const crypto: {
  getRandomValues<T extends Uint8Array<ArrayBuffer>>(array: T): T;
};

declare const console: {
  error(...data: unknown[]): void;
  warn(...data: unknown[]): void;
  info(...data: unknown[]): void;
  debug(...data: unknown[]): void;
};

interface AbortSignal {
  readonly aborted: boolean;
  // So it is declared in every runtime's own types.
  readonly reason: any;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}

/** Turns bytes of UTF-8 into text. */
declare class TextDecoder {
  decode(input: Uint8Array): string;
}
