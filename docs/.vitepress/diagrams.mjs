/** Draws the Mermaid diagrams of the pages while the site is built, so that no page loads a library. */
import { renderMermaidSVG } from "beautiful-mermaid";

const colors = {
  bg: "var(--vp-c-bg)",
  fg: "var(--vp-c-text-1)",
  accent: "var(--vp-c-brand-1)",
  font: "inherit",
};

/** Replaces the `mermaid` fences of markdown-it by pictures. */
export function diagrams(md) {
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const { info, content } = tokens[index];
    if (info.trim() !== "mermaid") return fence(tokens, index, ...rest);
    // The library imports its font from another host; the page has one.
    const svg = renderMermaidSVG(content, colors).replace(/@import [^;]*;/, "");
    // Vue removes style elements from a template, so the picture is a value of it.
    return `<div class="diagram" v-html="${md.utils.escapeHtml(JSON.stringify(svg))}"></div>`;
  };
}
