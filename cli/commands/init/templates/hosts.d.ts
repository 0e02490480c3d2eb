/** The parts of Bun and Deno that the templates use. */

declare const Bun: {
  serve(options: {
    readonly port: number;
    readonly fetch: (request: Request) => Promise<Response>;
  }): unknown;
};

declare const Deno: {
  serve(options: { readonly port: number }, handler: (request: Request) => Promise<Response>): void;
  readonly env: { get(name: string): string | undefined };
  test(name: string, test: () => Promise<void>): void;
};

declare module "bun:test" {
  export function test(name: string, test: () => Promise<void>): void;
}
