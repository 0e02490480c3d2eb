/**
 * The arguments of a command: how they are declared, and what their values are.
 *
 * @module
 */

/** What every argument says of itself; the names are those of the parser, citty. */
interface Described {
  /** What it is, without a full stop. */
  readonly description?: string;
  /** What stands for its value in help. */
  readonly valueHint?: string;
  /** Other names: one letter, or a word. */
  readonly alias?: string | readonly string[];
  /** Whether the command does not run without it. Positionals are, unless they say no. */
  readonly required?: boolean;
  /** The last positional takes all values that follow; an option may be repeated, joined by commas. */
  readonly many?: boolean;
}

/** One argument of a command. */
export type ArgDef =
  & Described
  & (
    | {
      readonly type: "boolean";
      readonly default?: boolean;
      readonly negativeDescription?: string;
    }
    | { readonly type: "string" | "positional"; readonly default?: string }
    | { readonly type: "enum"; readonly options: readonly string[]; readonly default?: string }
  );

/** The arguments of a command by name. */
export type ArgsDef = Readonly<Record<string, ArgDef>>;

type Text<T extends ArgDef> = T extends { readonly options: readonly (infer O)[] } ? O : string;
type Given<T extends ArgDef> = T extends { readonly default: string | boolean } ? true
  : T extends { readonly required: false } ? false
  : T extends { readonly required: true } | { readonly type: "positional" } ? true
  : false;
type ValueOf<T extends ArgDef> = T extends ArgDef
  ? (T["type"] extends "boolean" ? boolean : Text<T>) | (Given<T> extends true ? never : undefined)
  : never;

/** The values of the arguments by name. */
export type ParsedArgs<A extends ArgsDef = ArgsDef> = { readonly [K in keyof A]: ValueOf<A[K]> };

/** The values of options by their name. */
export type Values = Readonly<Record<string, string | boolean | undefined>>;
