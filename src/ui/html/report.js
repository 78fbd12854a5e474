// Search and filters over what the page already shows. Without this script everything can be read all the same.
"use strict";
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const by = (id) => document.getElementById(id);
  const tools = by("tools");
  if (!tools) return;
  const [query, kind, touching, told, nothing] = ["query", "kind", "touching", "told", "nothing"].map(by);
  const fates = all("input[name=fate]", tools);
  const objects = all("details.object").map((element) => ({
    element,
    item: by("item-" + element.id.slice("details-".length)),
    fate: element.dataset.fate,
    kind: element.dataset.kind,
    touches: element.dataset.touches !== "0",
    text: element.textContent.toLowerCase(),
  }));
  // Groups hold groups; what is empty is hidden.
  const groups = all(".group");
  const opened = new Set();
  const many = (count) => count + (count === 1 ? " object" : " objects");

  const highlight = (words) => {
    if (!window.Highlight || !CSS.highlights) return;
    CSS.highlights.delete("found");
    const found = new Highlight();
    for (const { element } of words.length ? objects.filter((own) => !own.element.hidden) : []) {
      const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      while (texts.nextNode() && found.size < 2000) {
        const text = texts.currentNode.data.toLowerCase();
        if (text.length !== texts.currentNode.data.length) continue;
        for (const word of words) {
          for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
            const range = new Range();
            range.setStart(texts.currentNode, at);
            range.setEnd(texts.currentNode, at + word.length);
            found.add(range);
          }
        }
      }
    }
    if (found.size) CSS.highlights.set("found", found);
  };

  const filter = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(fates.filter((box) => box.checked).map((box) => box.value));
    for (const own of objects) {
      const fits =
        wanted.has(own.fate) &&
        (!kind.value || own.kind === kind.value) &&
        (!touching || !touching.checked || own.touches) &&
        words.every((word) => own.text.includes(word));
      own.element.hidden = own.item.hidden = !fits;
    }
    for (const group of groups) {
      group.hidden = !group.querySelector("details.object:not([hidden]), li[id]:not([hidden])");
    }
    const shown = objects.filter((own) => !own.element.hidden);
    nothing.hidden = shown.length > 0;
    told.textContent =
      shown.length === objects.length
        ? many(shown.length) + " shown"
        : shown.length + " of " + many(objects.length) + " shown";
    // What was found is to be seen, unless it is too much; what was opened for that is closed again.
    const reveal = words.length && shown.length <= 20 ? new Set(shown.map((own) => own.element)) : new Set();
    for (const element of opened) if (!reveal.has(element)) (element.open = false), opened.delete(element);
    for (const element of reveal) if (!element.open) (element.open = true), opened.add(element);
    highlight(words.filter((word) => word.length > 1));
  };

  let waiting;
  query.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  tools.addEventListener("change", (event) => event.target !== query && filter());
  query.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    query.value = "";
    filter();
  });
  by("reset").addEventListener("click", () => {
    query.value = kind.value = "";
    fates.forEach((box) => (box.checked = true));
    if (touching) touching.checked = false;
    filter();
    query.focus();
  });
  const open = (is) => objects.forEach(({ element }) => element.hidden || (element.open = is));
  by("open").addEventListener("click", () => open(true));
  by("close").addEventListener("click", () => open(false));

  // A link to an object opens it, also where the browser does not do that by itself.
  const reveal = () => {
    const target = location.hash && by(location.hash.slice(1));
    const around = target && target.closest("details.object");
    if (!around) return;
    if (around.hidden) by("reset").click();
    around.open = true;
    target.focus({ preventScroll: true });
    around.scrollIntoView();
  };
  addEventListener("hashchange", reveal);

  // Paper cannot be opened.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("main details:not([open])");
    closed.forEach((element) => (element.open = true));
  });
  addEventListener("afterprint", () => closed.forEach((element) => (element.open = false)));

  tools.hidden = false;
  // A browser that goes back fills in what was there before.
  filter();
  reveal();
})();
