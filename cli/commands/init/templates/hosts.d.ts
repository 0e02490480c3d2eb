/** The parts of Bun and Deno that the templates use. */

declare const Bun: {
  serve(options: {
    readonly port: number;
    readonly fetch: (request: Request) => Response | Promise<Response>;
  }): { stop(closeActiveConnections?: boolean): Promise<void> };
};

declare const Deno: {
  serve(
    options: { readonly port: number; readonly signal: AbortSignal },
    handler: (request: Request) => Response | Promise<Response>,
  ): { shutdown(): Promise<void> };
  readonly env: { get(name: string): string | undefined };
  addSignalListener(signal: "SIGTERM" | "SIGINT", listener: () => void): void;
  unrefTimer(timer: unknown): void;
  exit(): never;
};
