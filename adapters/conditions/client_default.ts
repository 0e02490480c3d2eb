/**
 * `#client` wherever there are sockets: the client that core makes for a URL, or
 * for no option at all.
 *
 * @module
 */

export { connect } from "../ioredis.ts";
