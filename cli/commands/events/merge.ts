/**
 * Merges several streams into one; sources may be added while it runs.
 *
 * @module
 */

/** Sources to merge. */
export interface MergeOptions<T> {
  /** Lists the current sources. */
  sources(): Promise<readonly string[]>;
  /** Follows one source; calls `onOpen` once no later event is missed. */
  open(name: string, onOpen: () => void): AsyncIterable<T>;
  /** Called with the number of sources, once all of them are open. */
  onListening(n: number): void;
  /** Interval of the search for new sources; 0 if the sources are fixed. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/** Yields the events of all sources until `signal` aborts. */
export async function* merge<T>(
  { sources, open, onListening, everyMs, signal }: MergeOptions<T>,
): AsyncGenerator<T> {
  const heard: T[] = [];
  const names = new Set<string>();
  let opened = 0;
  let failure: { error: unknown } | undefined;
  let wake = (): void => {};
  const fail = (error: unknown): void => {
    failure ??= { error };
    wake();
  };

  async function listen(name: string): Promise<void> {
    const onOpen = (): void => {
      if (++opened === names.size) onListening(opened);
    };
    for await (const event of open(name, onOpen)) {
      heard.push(event);
      wake();
    }
  }

  async function search(): Promise<void> {
    const before = names.size;
    const fresh = (await sources()).filter((name) => !names.has(name));
    for (const name of fresh) names.add(name);
    for (const name of fresh) void listen(name).catch(fail);
    if (before + fresh.length === 0 && everyMs > 0 && !timer) onListening(0);
  }

  let timer: ReturnType<typeof setInterval> | undefined;
  await search();
  // Redis may be unreachable for a moment: the next search finds new sources.
  if (everyMs > 0) timer = setInterval(() => void search().catch(() => {}), everyMs);
  const aborted = (): void => wake();
  signal.addEventListener("abort", aborted);
  try {
    while (!signal.aborted) {
      if (failure) throw failure.error;
      const next = heard.shift();
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => wake = resolve);
    }
  } finally {
    clearInterval(timer);
    signal.removeEventListener("abort", aborted);
  }
}
