/**
 * The version of this package, for terminals and pages.
 *
 * @module
 */

export { version } from "../base/version.ts";
