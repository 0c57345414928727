"use strict";
// Rows (parts of records, and links) name the marks they came from in data-mentions. Hovering or focusing lights what
// belongs together, a click holds it; a click on a mark also leaves only that mark's links in the list. Whatever is lit
// is told to the rest of the page by the event "lit".
(() => {
  const rowsByArticle = new WeakMap();
  let lit = [];
  let held = null;

  const rowsOf = (article) => {
    if (!rowsByArticle.has(article)) {
      const rows = new Map();
      for (const row of article.querySelectorAll("[data-mentions]")) {
        for (const id of row.dataset.mentions.split(" ")) {
          if (!rows.has(id)) rows.set(id, []);
          rows.get(id).push(row);
        }
      }
      rowsByArticle.set(article, rows);
    }
    return rowsByArticle.get(article);
  };

  const partnersOf = (element) => {
    if (element.matches("mark")) return rowsOf(element.closest("article")).get(element.id) ?? [];
    return element.dataset.mentions.split(" ").map((id) => document.getElementById(id));
  };

  const light = (element) => {
    if ((element ?? undefined) === lit[0]) return;
    for (const each of lit) each.classList.remove("lit");
    lit = element ? [element, ...partnersOf(element)] : [];
    for (const each of lit) each.classList.add("lit");
    document.dispatchEvent(new CustomEvent("lit", { detail: element }));
  };

  const filterLinks = (mark) => {
    for (const list of document.querySelectorAll(".links.filtered")) {
      list.classList.remove("filtered");
      for (const link of list.querySelectorAll(".chosen")) link.classList.remove("chosen");
    }
    if (!mark) return;
    const list = mark.closest("article").querySelector(".links");
    const links = partnersOf(mark).filter((row) => list && list.contains(row));
    if (!links.length) return;
    for (const link of links) link.classList.add("chosen");
    list.classList.add("filtered");
    list.open = true;
  };

  const hold = (element) => {
    held = element === held ? null : element;
    light(held);
    filterLinks(held && held.matches("mark") ? held : null);
    if (held) partnersOf(held)[0]?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  };

  // A card, and a person in the list, stands for its headline wherever no row of its own is hit.
  const targetOf = (event) =>
    event.target.closest("article mark, article [data-mentions]") ??
    event.target.closest(".record, .person")?.querySelector("[data-own][data-mentions]") ??
    null;
  const hover = (event) => {
    if (!held) light(targetOf(event));
  };

  document.addEventListener("pointerover", hover);
  document.addEventListener("focusin", hover);
  document.addEventListener("click", (event) => {
    if (!getSelection().isCollapsed) return; // the end of a selection is not meant as a click
    const target = targetOf(event);
    if (target) hold(target);
    else if (held && event.target.closest("article") && !event.target.closest("summary")) hold(held);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && held) hold(held);
    if ((event.key === "Enter" || event.key === " ") && event.target.matches("[data-mentions]")) {
      event.preventDefault();
      hold(event.target);
    }
  });
  document.addEventListener("found", () => {
    if (held?.closest("[hidden]")) hold(held);
  });
})();
