/**
 * What stands for `node:test` in workerd, which has none: it keeps what is
 * registered, for whoever runs it.
 *
 * @module
 */

/** What a test body is given. */
export interface TestContext {
  readonly name: string;
  skip(reason?: string): void;
}

type Body = (t: TestContext) => unknown;

/** One test. */
export interface Registered {
  readonly name: string;
  readonly skip: boolean | string;
  readonly body: Body;
}

/** In the order they were registered. */
export const registered: Registered[] = [];

/** Keeps a test. */
export function test(name: string, ...rest: (Body | { skip?: boolean | string })[]): void {
  const body = rest.find((each) => typeof each === "function") as Body;
  const options = rest.find((each) => typeof each === "object") as { skip?: boolean | string };
  registered.push({ name, skip: options?.skip ?? false, body });
}
