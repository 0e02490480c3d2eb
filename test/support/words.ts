/**
 * Finds comments and names that break the rule for words: a reader on call
 * understands each sentence and each name at first reading.
 *
 * @module
 */

/** A rule, and the reason printed with each line that breaks it. */
interface WordRule {
  readonly pattern: RegExp;
  readonly because: string;
}

/** Rules for the text of comments. Built from pieces, so that this file passes them. */
const commentRules: readonly WordRule[] = [
  {
    pattern: new RegExp(
      `\\b(?:${["no" + "body", "who" + "ever", "some" + "body", "every" + "body"].join("|")})\\b`,
      "i",
    ),
    because: "name the agent: worker, caller, operator, Redis, the sweep",
  },
  {
    pattern: new RegExp(
      `\\b(?:${["to" + "ld", "te" + "lls?", "an" + "ew", "in va" + "in"].join("|")})\\b`,
      "i",
    ),
    because: "use the verb that is meant: report, return, log, again, without effect",
  },
];

/** Openings without a subject. */
const headless = /^(?:What|Whoever|Whatever|How|Where|Whether|Who|As (?:many|much|long|soon)) /;

/** Metaphors that were names: none may name a file or an identifier. */
const retiredNames: RegExp = new RegExp(
  `^(?:${
    [
      "sti" + "nt",
      "par" + "cel",
      "tas" + "te",
      "dee" + "ds",
      "obit" + "uary",
      "fel" + "low",
      "ne" + "ws",
      "fe" + "ed",
      "pu" + "mp",
      "he" + "art",
      "sh" + "ift",
      "key" + "ring",
    ].join("|")
  })s?$`,
);

/** The comments of a TypeScript or Lua file: first line number and text. */
function commentsOf(path: string, source: string): { line: number; text: string; doc: boolean }[] {
  const found: { line: number; text: string; doc: boolean }[] = [];
  const tokens = path.endsWith(".lua")
    ? /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|((?:^[ \t]*--.*\n?)+|--.*)/gm
    : /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|(\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n?)+|\/\/.*)/gm;
  for (const match of source.matchAll(tokens)) {
    const text = match[2];
    if (text === undefined) continue;
    const line = source.slice(0, match.index).split("\n").length;
    found.push({ line, text, doc: text.startsWith("/**") || text.startsWith("---") });
  }
  return found;
}

/** The prose of a comment: without its marks, its examples and its quoted code. */
function proseOf(comment: string): string {
  return comment
    .replace(/^\/\*+|\*+\/$/g, "")
    .replaceAll(/^[ \t]*(?:\*(?!\/)|\/\/|-{2,3})[ \t]?/gm, "")
    .replaceAll(/```[^]*?```/g, "")
    .replaceAll(/`[^`]*`|"[^"]*"/g, "code")
    .trim();
}

/** Every comment of `source` that breaks a rule, as `path:line: reason: text`. */
export function wordFaults(path: string, source: string): string[] {
  return commentsOf(path, source).flatMap(({ line, text, doc }) => {
    const prose = proseOf(text);
    const faults = commentRules.filter(({ pattern }) => pattern.test(prose)).map((rule) =>
      rule.because
    );
    if (doc && headless.test(prose)) faults.push("begin with a noun phrase or a verb");
    const shown = prose.split("\n").find((each) =>
      commentRules.some(({ pattern }) =>
        pattern.test(each)
      ) || headless.test(each)
    ) ?? prose.split("\n")[0];
    return faults.map((because) => `${path}:${line}: ${because}: ${shown}`);
  });
}

/** Every identifier of `source` that is a retired name, whole or as a word of a compound. */
export function retiredNamesIn(path: string, source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|^\s*--.*|\.sh(?:ift)\(/gm, "");
  const words = new Set<string>();
  for (const word of path.split(/[/._]/)) if (retiredNames.test(word)) words.add(path);
  for (const [name] of code.matchAll(/[A-Za-z_$][\w$]*/g)) {
    for (const word of name.split(/_|(?<=[a-z0-9])(?=[A-Z])/)) {
      if (retiredNames.test(word.toLowerCase())) words.add(name);
    }
  }
  return [...words].map((name) => `${path}: ${name}`);
}

/** Every sentence of a page that breaks a rule. `prose` is its text without code. */
export function pageFaults(path: string, prose: string): string[] {
  const sentences = prose.split(/(?<=[.!?:])\s+|\n{2,}|\n(?=[-|#>]|\d+\.)|\|/).map((each) =>
    each.replace(/^[\s#>*-]+/, "").trim()
  );
  const rules = [...commentRules, {
    pattern: /^(?:What|Whoever|Whatever)\b(?![^.]*\?$)/,
    because: "begin with the subject",
  }];
  return sentences.flatMap((sentence) =>
    rules.filter(({ pattern }) => pattern.test(sentence)).map(({ because }) =>
      `${path}: ${because}: ${sentence}`
    )
  );
}
