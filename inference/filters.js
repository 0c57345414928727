"use strict";
// The filters of a page of several articles. An article stays where it holds all the words, and where a record passes
// the other filters. Of its records those that hold the words stay, or all where none holds them; so do its people.
// The page is told what was found by the event "found".
(() => {
  const finder = document.querySelector(".finder");
  if (!finder) return;
  const field = (id) => document.getElementById(id);
  const boxes = [...finder.querySelectorAll(".types input")];
  const names = new Map(boxes.map((box) => [box.value, box.nextSibling.textContent.trim()]));
  const output = finder.querySelector(".found");
  const PAUSE = 120; // milliseconds after a key, so that fast typing is not slowed

  const listOf = (text) => (text ? text.split(" ") : []);
  const records = [];
  const articles = [...document.querySelectorAll("article")].map((element) => {
    const own = [...element.querySelectorAll(".record")].map((card) => ({
      card,
      isEvent: card.dataset.kind === "event",
      type: card.dataset.type,
      provinces: listOf(card.dataset.provinces),
      spans: listOf(card.dataset.spans).map((span) => span.split("/")),
    }));
    records.push(...own);
    const people = [...element.querySelectorAll(".person")].map((item) => ({ item }));
    return { element, records: own, people };
  });
  [...document.querySelectorAll(".index ol a")].forEach((link, at) => {
    articles[at].entry = link.parentElement;
    articles[at].count = link.querySelector("span:last-child");
  });

  const plain = (text) =>
    text
      .toLowerCase()
      .replace(/[๐-๙]/g, (digit) => digit.charCodeAt(0) - 0x0e50)
      .replace(/[\u200b-\u200d\u2060\ufeff]/g, "");

  // Texts are read at the first search, and those of cards and people without the names of their rows.
  const readRows = (element) => {
    const rows = [...element.querySelectorAll("h3, div, dd:not(:has(div)), li:not(:has(div))")];
    return plain(rows.map((row) => row.textContent).join("\n"));
  };
  const readTexts = () => {
    if (articles[0].text !== undefined) return;
    for (const article of articles) {
      for (const record of article.records) record.text = readRows(record.card);
      for (const person of article.people) person.text = readRows(person.item);
      const own = ["h2", ".text"].map((part) => article.element.querySelector(part).textContent);
      const parts = [...article.records, ...article.people].map((part) => part.text);
      article.text = [plain(own.join("\n")), ...parts].join("\n");
    }
  };

  const search = (words) => {
    if (words.length) readTexts();
    const holds = (text) => words.every((word) => text.includes(word));
    for (const article of articles) {
      article.named = !words.length || holds(article.text);
      for (const parts of [article.records, article.people]) {
        const hits = words.length ? parts.filter((part) => holds(part.text)) : [];
        for (const part of parts) part.named = article.named && (!hits.length || hits.includes(part));
      }
    }
  };

  // Strings of ISO 8601: a month is before its own days, and with "~" after them.
  const touches = (spans, from, to) =>
    spans.some(([start, end]) => (!to || start <= to) && (!from || `${end}~` >= from));

  const tally = (list, keysOf) => {
    const counts = new Map();
    for (const item of list) for (const key of keysOf(item)) counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts;
  };

  const apply = () => {
    search(plain(field("words").value).split(/\s+/).filter(Boolean));
    const types = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const province = field("province").value;
    const [from, to] = [field("from").value, field("to").value];
    for (const record of records) {
      record.typed = !types.size || types.has(record.type);
      record.placed = !province || record.provinces.includes(province);
      record.timed = (!from && !to) || touches(record.spans, from, to);
      record.shown = record.named && record.typed && record.placed && record.timed;
    }
    const anyRecord = !types.size && !province && !from && !to;
    for (const article of articles) {
      const shown = article.records.filter((record) => record.shown).length;
      article.shown = article.named && (anyRecord || shown > 0);
      article.element.hidden = article.entry.hidden = !article.shown;
      for (const record of article.records) record.card.hidden = !record.shown;
      for (const person of article.people) person.item.hidden = !person.named;
      const total = article.records.length;
      article.count.textContent = shown === total ? total : `${shown}/${total}`;
    }
    showCounts();
  };

  // A type and a province are counted as if they alone were chosen besides the other filters.
  const showCounts = () => {
    const byType = tally(records.filter((r) => r.named && r.placed && r.timed), (r) => [r.type]);
    for (const box of boxes) box.parentElement.querySelector("span:last-child").textContent = byType.get(box.value) ?? 0;
    const byProvince = tally(records.filter((r) => r.named && r.typed && r.timed), (r) => r.provinces);
    for (const option of field("province").options) {
      if (!option.value) continue;
      option.dataset.name ??= option.textContent;
      option.textContent = `${option.dataset.name} (${byProvince.get(option.value) ?? 0})`;
    }
    const shown = (list) => `${list.filter((each) => each.shown).length}/${list.length}`;
    output.textContent = `${shown(articles)} บทความ · articles, ${shown(records)} ระเบียน · records`;
    const events = records.filter((record) => record.isEvent);
    const chosen = events.filter((r) => r.named && r.typed && r.placed);
    document.dispatchEvent(new CustomEvent("found", { detail: { all: events, chosen, names } }));
  };

  let timer = 0;
  finder.addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(apply, event.target === field("words") ? PAUSE : 0);
  });
  field("clear").addEventListener("click", () => {
    for (const id of ["words", "province", "from", "to"]) field(id).value = "";
    for (const box of boxes) box.checked = false;
    apply();
  });

  finder.hidden = false;
  apply();
})();
