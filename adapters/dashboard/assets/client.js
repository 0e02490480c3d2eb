/**
 * What a browser adds to pages that work without it: they go on by themselves,
 * keys move around in them, and what cannot be undone is asked about in place.
 */

const body = document.body;
const $ = (id) => document.getElementById(id);
const trouble = $("trouble");

// ---- live ----

const liveButton = $("live");
let source;
let wanted = true;

/** Says what the stream is doing. */
function say(state) {
  if (!liveButton) return;
  liveButton.dataset.state = state;
  liveButton.lastElementChild.textContent = state;
  liveButton.setAttribute("aria-pressed", String(wanted));
}

function open() {
  if (!body.dataset.live || source || !wanted || document.hidden) return;
  source = new EventSource(body.dataset.live);
  source.addEventListener("open", () => say("live"));
  source.addEventListener("patch", ({ data }) => {
    say("live");
    report("");
    for (const [id, text] of Object.entries(JSON.parse(data))) patch(id, text);
    body.dataset.patched = String(Number(body.dataset.patched ?? 0) + 1);
  });
  source.addEventListener("trouble", ({ data }) => report(data));
  source.addEventListener("error", () => say(source?.readyState === 2 ? "ended" : "connecting"));
}

/** A browser has few connections for each server: a page that nobody sees keeps none. */
function close() {
  source?.close();
  source = undefined;
  say("paused");
}

function report(text) {
  trouble.hidden = text === "";
  trouble.textContent = text;
}

document.addEventListener("visibilitychange", () => document.hidden ? close() : open());
addEventListener("pagehide", close);
addEventListener("pageshow", open);
if (liveButton) {
  liveButton.hidden = false;
  liveButton.addEventListener("click", () => {
    wanted = !wanted;
    wanted ? open() : close();
  });
}
open();

// ---- patching ----

/** Puts `text` into the element `id`, and leaves alone what has not changed. */
function patch(id, text) {
  const target = $(id);
  if (!target) return;
  const next = target.cloneNode(false);
  next.innerHTML = text; // Rendered by our own server, where everything is escaped.
  tellTimes(next);
  children(target, next);
}

function children(from, to) {
  const keyed = new Map();
  for (const child of from.children) if (child.dataset?.key) keyed.set(child.dataset.key, child);
  let at = from.firstChild;
  for (const next of [...to.childNodes]) {
    const key = next.dataset?.key;
    const same = key ? keyed.get(key) : at && alike(at, next) ? at : undefined;
    if (!same) {
      from.insertBefore(next, at);
      continue;
    }
    if (same === at) at = at.nextSibling;
    else from.insertBefore(same, at);
    morph(same, next);
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

function alike(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName && !a.dataset?.key &&
    !b.dataset?.key && (a.id ?? "") === (b.id ?? "");
}

function morph(from, to) {
  if (from.nodeType !== 1) {
    if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
    return;
  }
  if (from.isEqualNode(to)) return;
  for (const { name } of [...from.attributes]) {
    // What somebody opened or is typing stays as it is.
    if (!to.hasAttribute(name) && name !== "open") from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  children(from, to);
}

// ---- where we are ----

// On a small screen the navigation is a line that is longer than the screen.
document.querySelector("nav [aria-current]")?.scrollIntoView({
  inline: "center",
  block: "nearest",
});

// A link to what is folded away unfolds it.
const aim = location.hash.length > 1 && $(location.hash.slice(1));
if (aim instanceof HTMLDetailsElement) aim.open = true;

// ---- what everybody chooses for themselves ----

/** `2026-11-22 12:00:01.004 UTC`, or where the reader is: `2026-11-22 13:00:01.004 +01:00`. */
function clock(iso) {
  if ($("times")?.value !== "local") return iso.replace("T", " ").replace("Z", " UTC");
  const at = new Date(iso);
  const ahead = -at.getTimezoneOffset();
  const two = (n) => String(Math.floor(Math.abs(n))).padStart(2, "0");
  const there = new Date(at.getTime() + ahead * 60_000).toISOString().replace("T", " ");
  return there.replace("Z", ` ${ahead < 0 ? "-" : "+"}${two(ahead / 60)}:${two(ahead % 60)}`);
}

function tellTimes(within) {
  for (const time of within.querySelectorAll("time")) {
    const text = clock(time.dateTime);
    if ("clock" in time.dataset) time.textContent = text;
    else time.title = text;
  }
}

const chosen = {
  theme: (next) => document.documentElement.dataset.theme = next,
  times: () => tellTimes(body),
  every: () => (close(), open()),
};

for (const button of document.querySelectorAll("[data-choices]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const all = button.dataset.choices.split(" ");
    const next = all[(all.indexOf(button.value) + 1) % all.length];
    button.value = button.textContent = next;
    button.title = `${button.dataset.named}: ${next}`;
    button.setAttribute("aria-label", button.title);
    const path = new URL(document.baseURI).pathname.replace(/\/$/, "") || "/";
    document.cookie = `rl_${button.id}=${next}; path=${path}; max-age=31536000; samesite=strict`;
    chosen[button.id](next);
  });
}
tellTimes(body);

// ---- the command that does the same ----

const command = $("command");
function hint({ target }) {
  const text = target.closest?.("[data-command]")?.dataset.command;
  command.hidden = text === undefined;
  command.textContent = text === undefined ? "" : `$ ${text}`;
}
if (command) { for (const type of ["mouseover", "focusin"]) document.addEventListener(type, hint); }

// ---- asking before what cannot be undone ----

const question = $("question");
document.addEventListener("submit", (event) => {
  const form = event.target;
  const text = form.dataset.question;
  if (text === undefined || !question) return;
  event.preventDefault();
  const button = event.submitter ?? form.querySelector("button");
  $("question-text").textContent = text;
  question.querySelector("code").textContent = `$ ${button.dataset.command}`;
  question.returnValue = "";
  question.onclose = () => {
    if (question.returnValue !== "yes") return button.focus();
    const sure = document.createElement("input");
    Object.assign(sure, { type: "hidden", name: "sure", value: "yes" });
    form.append(sure);
    form.submit();
  };
  question.showModal();
});

// ---- work that is done in pieces ----

const further = document.querySelector("form[data-go-on]");
if (further) {
  const soon = setTimeout(() => further.submit(), 400);
  document.addEventListener("click", () => clearTimeout(soon));
}

// ---- copying ----

document.addEventListener("click", async ({ target }) => {
  const copied = target.closest?.("[data-copy]");
  if (!copied) return;
  try {
    await navigator.clipboard.writeText(copied.dataset.copy);
    copied.classList.add("copied");
    setTimeout(() => copied.classList.remove("copied"), 900);
  } catch {
    // Not allowed here: it can be selected.
  }
});

// ---- keys ----

const help = $("help");
const helpButton = $("help-button");
helpButton && (helpButton.hidden = false);
helpButton?.addEventListener("click", () => help.showModal());

function row(by) {
  const rows = [...document.querySelectorAll("main tbody tr")];
  if (rows.length === 0) return;
  const now = rows.findIndex((each) => each.contains(document.activeElement));
  const next = rows[Math.min(rows.length - 1, Math.max(0, now + by))];
  (next.querySelector("a, button, input, summary") ?? next).focus();
}

const does = {
  "/": () => document.querySelector("main input[type=search]")?.focus(),
  "?": () => help?.showModal(),
  r: () => location.reload(),
  l: () => liveButton?.click(),
  j: () => row(1),
  k: () => row(-1),
};

document.addEventListener("keydown", (event) => {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  if (ctrlKey || metaKey || altKey || document.querySelector("dialog[open]")) return;
  if (target.matches("input, textarea, select, [contenteditable]")) {
    if (key === "Escape") target.blur();
    return;
  }
  const link = /^[a-z]$/.test(key) && document.querySelector(`nav a[data-key="${key}"]`);
  if (does[key]) does[key]();
  else if (link) link.click();
  else return;
  event.preventDefault();
});
