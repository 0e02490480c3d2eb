/**
 * What `#client` stands for on Bun: its own client.
 *
 * @module
 */

export { connect } from "../bun.ts";
