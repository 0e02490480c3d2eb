/**
 * The client core makes for itself when it is given a URL, or nothing: what
 * `#client` stands for wherever there are sockets.
 *
 * @module
 */

export { connect } from "../ioredis.ts";
