/**
 * What a handler has to show between its beginning and its end.
 *
 * @module
 */

/** What a beat saves of an attempt; empty texts where nothing is new. */
export interface News {
  readonly progress: string;
  readonly remark: string;
  readonly partial: string;
}
