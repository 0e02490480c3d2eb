/**
 * Summaries of all commands by path. Empty in the sources: the build fills them
 * in, so that the package lists its commands without loading them.
 *
 * @module
 */

/** Summaries of the built package. */
export const summaries: Readonly<Record<string, string>> = {};
