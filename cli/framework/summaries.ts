/**
 * What each command does, by its path. Empty here: the build fills it in, so
 * that the package can list its commands without loading all of them.
 *
 * @module
 */

/** The summaries of the package that was built. */
export const summaries: Readonly<Record<string, string>> = {};
