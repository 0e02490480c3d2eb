/**
 * The pages that users read, README and `docs/`, with their headings, links and samples.
 *
 * @module
 */

import { posix } from "node:path";
import { files, isGenerated, read } from "./tree.ts";

/** A page. */
export interface Page {
  /** Its path from the root. */
  readonly path: string;
  /** Its text. */
  readonly text: string;
}

/** A piece of code in a page. */
export interface Fence {
  /** The line of its first mark, from 1. */
  readonly line: number;
  /** The language, and the words after it. */
  readonly info: string;
  /** The text of the comment right before it; empty if there is none. */
  readonly comment: string;
  /** The code. */
  readonly code: string;
}

/** README and every page of `docs/` that a person wrote. */
export function pages(): Page[] {
  const written = files("docs").filter((path) => path.endsWith(".md") && !isGenerated(path));
  return ["README.md", ...written].map((path) => ({ path, text: read(path) }));
}

/** The pieces of code of a page. */
export function fencesOf(text: string): Fence[] {
  const fence = /(?:<!-- ((?:(?!-->)[^])*?) -->\s*)?^( *)```(\S.*)\n([^]*?)^\2```$/gm;
  return [...text.matchAll(fence)].map((
    { 0: whole, 1: comment = "", 3: info, 4: code, index },
  ) => ({
    line: text.slice(0, index + whole.indexOf("```")).split("\n").length,
    info: info!,
    comment,
    code: code!,
  }));
}

/** A page without its code and its comments. */
export function proseOf(text: string): string {
  return text.replaceAll(/^( *)```[^]*?^\1```$/gm, "").replaceAll(/`[^`\n]*`/g, "``")
    .replaceAll(/<!--[^]*?-->/g, "");
}

/** The targets of the links of a page, in its text and in the front matter of a home page. */
export function linksOf(text: string): string[] {
  const prose = proseOf(text);
  const inline = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to]) => to!);
  const named = [...prose.matchAll(/^\[[^\]]+\]: (\S+)$/gm)].map(([, to]) => to!);
  const front = /^---\n([^]*?)\n---\n/.exec(text)?.[1] ?? "";
  return [
    ...inline,
    ...named,
    ...[...front.matchAll(/^ *(?:link|src): (\S+)$/gm)].map(([, to]) => to!),
  ];
}

/** The anchors of the headings of a page: those of the site for `docs/`, of GitHub for README. */
export function anchorsOf({ path, text }: Page): Set<string> {
  const prose = text.replaceAll(/^( *)```[^]*?^\1```$/gm, "");
  const found = new Set<string>();
  for (const [, heading] of prose.matchAll(/^#{1,6} (.+)$/gm)) {
    const words = heading!.replaceAll(/[`*]/g, "").toLowerCase();
    const slug = path.startsWith("docs/")
      ? words.replaceAll(/[\s~!@#$%^&()\-_+=[\]{}|\\;:"'<>,.?/]+/g, "-").replaceAll(/^-|-$/g, "")
      : words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");
    found.add(slug.replace(/^(?=\d)/, path.startsWith("docs/") ? "_" : ""));
  }
  return found;
}

/**
 * The path from the root that a link of `page` leads to. A link that begins with a slash starts in
 * `docs/`, where the site starts, and names no ending.
 */
export function targetOf(page: string, link: string): string {
  if (!link.startsWith("/")) return posix.normalize(posix.join(posix.dirname(page), link));
  const path = `docs${link}`;
  return path.endsWith("/") || posix.extname(path) ? path : `${path}.md`;
}
