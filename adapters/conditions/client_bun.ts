/**
 * `#client` on Bun: Bun's own Redis client.
 *
 * @module
 */

export { connect } from "../bun.ts";
