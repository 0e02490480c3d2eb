/**
 * The version of this package, as code: a package from JSR has no file to read it from.
 *
 * @module
 */

/** The version of this package. */
export const version = "0.1.0";
