/**
 * The arguments of a command: their definitions, and the types of their values.
 *
 * @module
 */

/** Fields of every argument; the names are those of citty. */
interface ArgBase {
  /** One line for help, without a full stop. */
  readonly description?: string;
  /** Placeholder of the value in help. */
  readonly valueHint?: string;
  /** Other names: one letter, or a word. */
  readonly alias?: string | readonly string[];
  /** True if the command refuses to run without it. Default: true for positionals. */
  readonly required?: boolean;
  /** The last positional takes all values that follow; an option may be repeated, joined by commas. */
  readonly many?: boolean;
}

/** One argument of a command. */
export type ArgDef =
  & ArgBase
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

/** The values of options by name. */
export type Values = Readonly<Record<string, string | boolean | undefined>>;
