"use strict";
// The timeline: a bar for each month in which events took place, stacked by type, in the number that the other filters
// leave. Choosing a month sets the days from and to, choosing it again clears them. An event counts in every month that
// its dates touch.
(() => {
  const timeline = document.querySelector(".timeline");
  if (!timeline) return;
  const WIDTH = 34;
  const HEIGHT = 90;
  const TOP = 16; // of the number above the highest bar
  const EMPTY_MONTHS = 3; // longer runs of months without events are folded
  const svg = timeline.querySelector("svg");
  const undated = document.querySelector(".undated");
  const days = { from: document.getElementById("from"), to: document.getElementById("to") };
  const shortMonth = new Intl.DateTimeFormat("th-TH", { month: "short", timeZone: "UTC" });
  const longMonth = new Intl.DateTimeFormat("th-TH", { month: "long", timeZone: "UTC" });
  const bars = new Map();

  const numberOf = (month) => Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1;
  const monthOf = (number) =>
    `${String(Math.floor(number / 12)).padStart(4, "0")}-${String((number % 12) + 1).padStart(2, "0")}`;
  const buddhistYear = (number) => Math.floor(number / 12) + 543;
  const nameOf = (format, number) => format.format(new Date(Date.UTC(2000, number % 12)));
  const lastDayOf = (month) => {
    const last = new Date(Date.UTC(2000, 0));
    last.setUTCFullYear(Number(month.slice(0, 4)), Number(month.slice(5)), 0);
    return `${month}-${String(last.getUTCDate()).padStart(2, "0")}`;
  };

  const monthsOf = (event) => {
    const months = new Set();
    for (const [start, end] of event.spans) {
      if (start.length < 7 || end.length < 7) continue; // only the year is known
      for (let at = numberOf(start.slice(0, 7)); at <= numberOf(end.slice(0, 7)); at++) months.add(monthOf(at));
    }
    return months;
  };

  const append = (parent, name, attributes = {}, text = "") => {
    const element = parent.appendChild(document.createElementNS(parent.namespaceURI, name));
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  };

  const choose = (bar) => {
    const chosen = bar.getAttribute("aria-pressed") === "true";
    days.from.value = chosen ? "" : `${bar.dataset.month}-01`;
    days.to.value = chosen ? "" : lastDayOf(bar.dataset.month);
    days.to.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const build = (events) => {
    const eventful = [...new Set(events.flatMap((event) => [...monthsOf(event)]))].map(numberOf).sort((a, b) => a - b);
    let x = 0;
    let before = null;
    for (const number of eventful) {
      const gap = before === null ? 0 : number - before - 1;
      if (gap > EMPTY_MONTHS) append(svg, "text", { class: "gap", x: x + WIDTH / 2, y: TOP + HEIGHT - 4 }, "⋯");
      x += gap > EMPTY_MONTHS ? WIDTH : gap * WIDTH;
      const group = append(svg, "g", { class: "month", role: "button", tabindex: bars.size ? -1 : 0 });
      group.dataset.month = monthOf(number);
      append(group, "title");
      append(group, "rect", { class: "hit", x, y: 0, width: WIDTH, height: TOP + HEIGHT + 36 });
      append(group, "g", { class: "stack" });
      append(group, "text", { class: "count", x: x + WIDTH / 2 });
      append(group, "text", { x: x + WIDTH / 2, y: TOP + HEIGHT + 16 }, nameOf(shortMonth, number));
      const newYear = before === null || buddhistYear(before) !== buddhistYear(number);
      if (newYear) append(group, "text", { class: "year", x: x + WIDTH / 2, y: TOP + HEIGHT + 32 }, buddhistYear(number));
      bars.set(group.dataset.month, { group, x, number });
      x += WIDTH;
      before = number;
    }
    svg.setAttribute("width", x);
    svg.setAttribute("height", bars.size ? TOP + HEIGHT + 38 : 0);
    timeline.hidden = !bars.size;
  };

  const count = (events) => {
    const counts = new Map([...bars.keys()].map((month) => [month, new Map()]));
    let without = 0;
    for (const event of events) {
      const months = monthsOf(event);
      if (!months.size) without++;
      for (const month of months) {
        const types = counts.get(month);
        types.set(event.type, (types.get(event.type) ?? 0) + 1);
      }
    }
    return { counts, without };
  };

  const sum = (types) => [...types.values()].reduce((total, each) => total + each, 0);

  const draw = (events, names) => {
    const { counts, without } = count(events);
    const most = Math.max(1, ...[...counts.values()].map(sum));
    for (const [month, { group, x, number }] of bars) {
      const types = counts.get(month);
      const total = sum(types);
      const stack = group.querySelector(".stack");
      stack.replaceChildren();
      let y = TOP + HEIGHT;
      for (const type of names.keys()) {
        const height = ((types.get(type) ?? 0) / most) * HEIGHT;
        y -= height;
        if (height) append(stack, "rect", { "data-type": type, x: x + 3, y, width: WIDTH - 6, height });
      }
      const label = group.querySelector(".count");
      label.setAttribute("y", y - 4);
      label.textContent = total || "";
      const parts = [...types].map(([type, n]) => `${names.get(type)} ${n}`).join(", ");
      const title = `${nameOf(longMonth, number)} ${buddhistYear(number)}: ${total}${parts && ` (${parts})`}`;
      group.querySelector("title").textContent = title;
      group.setAttribute("aria-label", title);
      const pressed = days.from.value === `${month}-01` && days.to.value === lastDayOf(month);
      group.setAttribute("aria-pressed", pressed);
      const outside = (days.from.value && lastDayOf(month) < days.from.value) || (days.to.value && `${month}-01` > days.to.value);
      group.classList.toggle("outside", Boolean(outside));
    }
    undated.textContent = without ? `เหตุการณ์ที่ไม่ทราบเดือน · events without a month: ${without}` : "";
  };

  svg.addEventListener("click", (event) => {
    const bar = event.target.closest(".month");
    if (bar) choose(bar);
  });
  // One of the bars can be reached by the tabulator, the arrow keys lead on.
  svg.addEventListener("keydown", (event) => {
    const bar = event.target.closest(".month");
    const groups = [...bars.values()].map(({ group }) => group);
    const at = groups.indexOf(bar);
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: groups.length - 1 }[event.key];
    if (event.key === "Enter" || event.key === " ") choose(bar);
    else if (next === undefined) return;
    else if (groups[next]) {
      bar.setAttribute("tabindex", -1);
      groups[next].setAttribute("tabindex", 0);
      groups[next].focus();
    }
    event.preventDefault();
  });

  document.addEventListener("found", ({ detail: { all, chosen, names } }) => {
    if (!bars.size) build(all);
    draw(chosen, names);
  });
})();
