/**
 * Enhancements of pages that work without it: live updates, keyboard shortcuts, dialogs
 * that ask for confirmation, and preferences. The build puts Idiomorph in front of it.
 */

const body = document.body;
const $ = (id) => document.getElementById(id);
const trouble = $("trouble");

// ---- live ----

const liveButton = $("live");
let source;
let isLive = true;

/** Shows the state of the stream. */
function showState(state) {
  if (!liveButton) return;
  liveButton.dataset.state = state;
  liveButton.lastElementChild.textContent = state;
  liveButton.setAttribute("aria-pressed", String(isLive));
}

function open() {
  if (!body.dataset.live || source || !isLive || document.hidden) return;
  source = new EventSource(body.dataset.live);
  source.addEventListener("open", () => showState("live"));
  source.addEventListener("patch", ({ data }) => {
    showState("live");
    report("");
    for (const [id, text] of Object.entries(JSON.parse(data))) patch(id, text);
    body.dataset.patched = String(Number(body.dataset.patched ?? 0) + 1);
  });
  source.addEventListener("trouble", ({ data }) => report(data));
  source.addEventListener(
    "error",
    () => showState(source?.readyState === 2 ? "ended" : "connecting"),
  );
}

/** A browser has few connections per server, so a hidden page keeps none. */
function close() {
  source?.close();
  source = undefined;
  showState("paused");
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
    isLive = !isLive;
    isLive ? open() : close();
  });
}
open();

// ---- patching ----

/** Changes the element `id` into `text`. Focus, open details and ticked boxes stay. */
function patch(id, text) {
  const target = $(id);
  if (!target) return;
  const next = target.cloneNode(false);
  next.innerHTML = text; // Rendered by our own server, which escapes every value.
  showTimes(next);
  for (const part of [target, next]) {
    for (const row of part.querySelectorAll("[data-key]")) row.id = `${id}/${row.dataset.key}`;
  }
  keepPlaces(target, next);
  Idiomorph.morph(target, [...next.childNodes], { morphStyle: "innerHTML", callbacks });
  showSelectAll();
  showSelection();
}

/**
 * Orders the new rows of a list so that none moves while a user reads or aims: a row keeps its
 * place, and a new one takes that of one that left. A page that is opened again has its order.
 */
function keepPlaces(target, next) {
  const [before, after] = [target, next].map((part) => part.querySelector("[data-steady]"));
  if (!before || !after) return;
  const added = new Map([...after.children].map((row) => [row.id, row]));
  const places = [...before.children].map(({ id }) => {
    const row = added.get(id);
    added.delete(id);
    return row;
  });
  const rest = [...added.values()];
  after.replaceChildren(...places.flatMap((row) => row ?? rest.shift() ?? []), ...rest);
}

const callbacks = {
  beforeAttributeUpdated: (name, node, change) =>
    name !== "checked" && !(name === "open" && change === "remove") &&
    !(name === "hidden" && node.id === "select-all"),
};

// ---- position ----

// A link to closed details opens them.
const aim = location.hash.length > 1 && $(location.hash.slice(1));
if (aim instanceof HTMLDetailsElement) aim.open = true;

// ---- preferences ----

/** A time as `2026-11-22 12:00:01.004 UTC`, or as local `2026-11-22 13:00:01.004 +01:00`. */
function clock(iso) {
  if ($("times")?.value !== "local") return iso.replace("T", " ").replace("Z", " UTC");
  const at = new Date(iso);
  const ahead = -at.getTimezoneOffset();
  const two = (n) => String(Math.floor(Math.abs(n))).padStart(2, "0");
  const there = new Date(at.getTime() + ahead * 60_000).toISOString().replace("T", " ");
  return there.replace("Z", ` ${ahead < 0 ? "-" : "+"}${two(ahead / 60)}:${two(ahead % 60)}`);
}

function showTimes(within) {
  for (const time of within.querySelectorAll("time")) {
    const text = clock(time.dateTime);
    if ("clock" in time.dataset) time.textContent = text;
    else time.title = text;
  }
  // The labels of charts are UTC; those of days stay so.
  for (const label of within.querySelectorAll("text[data-at]")) {
    const iso = new Date(Number(label.dataset.at)).toISOString();
    const from = label.textContent.includes(":") ? 11 : 5;
    label.textContent = clock(iso).slice(from, from + label.textContent.length);
  }
}

const apply = {
  theme: (next) => document.documentElement.dataset.theme = next,
  times: () => showTimes(body),
  every: () => (close(), open()),
};

for (const [name, use] of Object.entries(apply)) {
  $(name)?.addEventListener("change", ({ target }) => {
    const path = new URL(document.baseURI).pathname.replace(/\/$/, "") || "/";
    document.cookie = `rl_${name}=${target.value}; path=${path}; max-age=31536000; samesite=strict`;
    use(target.value);
  });
}

// A click beside an open menu closes it.
const settings = document.querySelector(".settings");
document.addEventListener("click", ({ target }) => {
  if (settings?.open && !settings.contains(target)) settings.open = false;
});
showTimes(body);

// ---- the equivalent command ----

const command = $("command");
function hint({ target }) {
  const text = target.closest?.("[data-command]")?.dataset.command;
  command.hidden = text === undefined;
  command.textContent = text === undefined ? "" : `$ ${text}`;
}
if (command) { for (const type of ["mouseover", "focusin"]) document.addEventListener(type, hint); }

// ---- confirmation ----

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

// ---- actions in several rounds ----

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
    // The clipboard is not available: the text can still be selected.
  }
});

// ---- selection ----

const boxes = () => [...document.querySelectorAll('td input[name="id"]')];

/** Shows how many tasks are selected, and whether all of the page are. */
function showSelection() {
  const all = boxes();
  const n = all.filter((box) => box.checked).length;
  const label = document.querySelector("#bulk output");
  if (label) label.textContent = `${n} selected`;
  const every = $("select-all");
  if (every) every.checked = n > 0 && n === all.length;
}

/** The box in the header comes without a script too, and does nothing then: it is hidden. */
function showSelectAll() {
  const every = $("select-all");
  if (every) every.hidden = false;
}
showSelectAll();
document.addEventListener("change", ({ target }) => {
  if (target.id === "select-all") { for (const box of boxes()) box.checked = target.checked; }
  showSelection();
});

// ---- the crosshair of charts ----

const crosshair = document.createElement("div");
const shown = document.createElement("div");
Object.assign(crosshair, { id: "crosshair", hidden: true });
Object.assign(shown, { id: "moment", hidden: true });
body.append(crosshair, shown);

function showMoment(event) {
  const area = event.target.closest?.(".plot .area");
  crosshair.hidden = shown.hidden = !area;
  if (!area) return;
  const { times, lines, from, to } = JSON.parse(area.closest(".chart").dataset.chart);
  const box = area.getBoundingClientRect();
  const at = from + (event.clientX - box.left) / box.width * (to - from);
  const i = times.reduce(
    (best, time, j) => Math.abs(time - at) < Math.abs(times[best] - at) ? j : best,
    0,
  );
  if (times.length === 0) return;
  const x = box.left + (times[i] - from) / (to - from) * box.width;
  Object.assign(crosshair.style, {
    left: `${x}px`,
    top: `${box.top}px`,
    height: `${box.height}px`,
  });
  const list = document.createElement("ul");
  for (const { name, color, texts } of lines) {
    const item = document.createElement("li");
    const value = document.createElement("b");
    item.className = `line-${color}`;
    value.textContent = texts[i] || "not recorded";
    item.append(name, value);
    list.append(item);
  }
  const title = document.createElement("span");
  title.textContent = clock(new Date(times[i]).toISOString()).replace(/:\d\d\.\d{3}/, "");
  shown.replaceChildren(title, list);
  const isRight = x > innerWidth / 2;
  Object.assign(shown.style, {
    left: isRight ? "auto" : `${x + 12}px`,
    right: isRight ? `${innerWidth - x + 12}px` : "auto",
    top: `${box.top + 8}px`,
  });
}
document.addEventListener("pointermove", showMoment);
document.addEventListener("pointerdown", showMoment);

// ---- suggestions ----

// A list of suggestions replaces the whole text, so each begins with the words before the last.
const search = $("q");
const offers = [...search?.list?.options ?? []];
const offered = offers.map(({ value }) => value);
search?.addEventListener("input", () => {
  const before = search.value.slice(0, search.value.lastIndexOf(" ") + 1);
  offers.forEach((option, i) => option.value = before + offered[i]);
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
  (next.querySelector("a, button, summary") ?? next).focus();
}

const shortcuts = {
  "/": () => document.querySelector("main input[type=search]")?.focus(),
  x: () => document.activeElement.closest("tr")?.querySelector('input[name="id"]')?.click(),
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
  if (shortcuts[key]) shortcuts[key]();
  else if (link) link.click();
  else return;
  event.preventDefault();
});
