/**
 * Several streams as one, whose sources may become more while it goes on.
 *
 * @module
 */

/** Where events come from. */
export interface Merging<T> {
  /** What there is to listen to now. */
  sources(): Promise<readonly string[]>;
  /** Listens to one of them; calls `onOpen` when what happens from now on is heard. */
  open(name: string, onOpen: () => void): AsyncIterable<T>;
  /** Called with how many are listened to, once all of them are. */
  said(n: number): void;
  /** How often new sources are looked for; 0 if there will be none. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/** Everything that any of the sources has to say, until `signal` aborts. */
export async function* merge<T>(
  { sources, open, said, everyMs, signal }: Merging<T>,
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
      if (++opened === names.size) said(opened);
    };
    for await (const event of open(name, onOpen)) {
      heard.push(event);
      wake();
    }
  }

  async function look(): Promise<void> {
    const before = names.size;
    const fresh = (await sources()).filter((name) => !names.has(name));
    for (const name of fresh) names.add(name);
    for (const name of fresh) void listen(name).catch(fail);
    if (before + fresh.length === 0 && everyMs > 0 && !timer) said(0);
  }

  let timer: ReturnType<typeof setInterval> | undefined;
  await look();
  // Redis may be away for a moment: then the next look finds them.
  if (everyMs > 0) timer = setInterval(() => void look().catch(() => {}), everyMs);
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
