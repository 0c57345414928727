"use strict";
// Links as arcs over the text, from the mark of the head to that of the tail: those of the mark, row or link that is lit,
// or by the switch all of the articles in view. An article's arcs lie in its own coordinates, so that they scroll with it.
(() => {
  const NAME_HEIGHT = 18;
  const NAME_PLACES = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8]; // along the arc, the best first
  const linksByArticle = new WeakMap();
  const inView = new Set();
  let lit = null;

  const linksOf = (article) => {
    if (!linksByArticle.has(article)) {
      const links = [...article.querySelectorAll(".links li")].map((row) => {
        const [head, tail] = row.dataset.mentions.split(" ").map((id) => document.getElementById(id));
        return { row, head, tail, name: row.dataset.name };
      });
      linksByArticle.set(article, links);
    }
    return linksByArticle.get(article);
  };

  // The links that are lit: those of a mark; of a row of a card those that join its mentions to others of the card; of the
  // card itself those of the record's own mentions, since all that lie among its parts would hide the text. A person in
  // the list of people is as a card.
  const chooseLinks = (article) => {
    if (lit?.closest("article") !== article) return [];
    const links = linksOf(article);
    if (lit.matches("mark")) return links.filter(({ head, tail }) => head === lit || tail === lit);
    if (lit.matches(".links li")) return links.filter(({ row }) => row === lit);
    const headline = lit.closest(".record, .person").querySelector("[data-own]");
    const own = new Set((lit === headline ? lit.dataset.own : lit.dataset.mentions).split(" "));
    const card = new Set(headline.dataset.mentions.split(" "));
    return links.filter(
      ({ head, tail }) => card.has(head.id) && card.has(tail.id) && (own.has(head.id) || own.has(tail.id)),
    );
  };

  // A mark over a line's end has several boxes: an arc joins the two boxes that are nearest to each other.
  const joinBoxes = (heads, tails) => {
    let best = null;
    for (const head of heads) {
      for (const tail of tails) {
        const across = Math.abs(head.x + head.width / 2 - tail.x - tail.width / 2);
        const distance = across + 3 * Math.abs(head.y - tail.y);
        if (!best || distance < best.distance) best = { distance, head, tail };
      }
    }
    return best;
  };

  // An arc leaves a box at the side that faces the other's line; both at the top where they are on one line.
  // Ends that share a side stand apart, in the order of where their arcs lead.
  const spreadEnds = (arcs) => {
    const sides = new Map();
    const add = (box, side, toward, set) => {
      const key = `${box.x} ${box.y} ${side}`;
      if (!sides.has(key)) sides.set(key, []);
      sides.get(key).push({ box, toward: toward.x + toward.width / 2, set });
    };
    for (const arc of arcs) {
      add(arc.head, arc.down ? "bottom" : "top", arc.tail, (x) => (arc.x1 = x));
      add(arc.tail, arc.up ? "bottom" : "top", arc.head, (x) => (arc.x2 = x));
    }
    for (const ends of sides.values()) {
      ends.sort((a, b) => a.toward - b.toward);
      ends.forEach(({ box, set }, at) => set(box.x + (box.width * (at + 1)) / (ends.length + 1)));
    }
  };

  const layOut = (links, origin) => {
    const boxes = new Map();
    const boxesOf = (mark) => {
      if (!boxes.has(mark)) {
        const found = [...mark.getClientRects()].filter((box) => box.width > 0);
        boxes.set(mark, found.map((b) => ({ x: b.x - origin.x, y: b.y - origin.y, width: b.width, height: b.height })));
      }
      return boxes.get(mark);
    };
    const arcs = [];
    for (const link of links) {
      const joined = joinBoxes(boxesOf(link.head), boxesOf(link.tail));
      if (!joined) continue; // not laid out, as in an article that the filters hide
      const { head, tail } = joined;
      const down = tail.y - head.y > head.height / 2;
      const up = head.y - tail.y > head.height / 2;
      arcs.push({ link, head, tail, down, up });
    }
    spreadEnds(arcs);
    for (const arc of arcs) {
      const { head, tail, down, up } = arc;
      arc.y1 = head.y + (down ? head.height : 0);
      arc.y2 = tail.y + (up ? tail.height : 0);
      const bend =
        down || up
          ? Math.min(Math.max(Math.abs(arc.y2 - arc.y1) / 2, 16), 90)
          : Math.min(14 + Math.abs(arc.x2 - arc.x1) / 8, 36);
      arc.c1 = arc.y1 + (down ? bend : -bend);
      arc.c2 = arc.y2 + (up ? bend : -bend);
    }
    return arcs;
  };

  const pointOf = ({ x1, y1, c1, c2, x2, y2 }, t) => {
    const s = 1 - t;
    const mix = (a, b, c, d) => s * s * s * a + 3 * s * s * t * b + 3 * s * t * t * c + t * t * t * d;
    return { x: mix(x1, x1, x2, x2), y: mix(y1, c1, c2, y2) };
  };

  const setAll = (element, attributes) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  };

  const append = (parent, name, attributes = {}) => {
    const element = parent.appendChild(document.createElementNS(parent.namespaceURI, name));
    setAll(element, attributes);
    return element;
  };

  // Names stand apart where a place along their arcs is free, and within the column of the text.
  const placeNames = (arcs, column) => {
    const taken = [];
    const overlaps = (a, b) =>
      Math.abs(a.y - b.y) < NAME_HEIGHT && a.x < b.x + b.width && b.x < a.x + a.width;
    for (const arc of arcs) {
      const width = arc.text.getComputedTextLength() + 10;
      const places = NAME_PLACES.map((t) => {
        const { x, y } = pointOf(arc, t);
        const left = Math.max(Math.min(x - width / 2, column.right - width), column.left);
        return { x: left, y: y - NAME_HEIGHT / 2, width };
      });
      const place = places.find((each) => !taken.some((other) => overlaps(each, other))) ?? places[0];
      taken.push(place);
      setAll(arc.plate, { ...place, height: NAME_HEIGHT, rx: 4 });
      setAll(arc.text, { x: place.x + width / 2, y: place.y + NAME_HEIGHT / 2 });
    }
  };

  const draw = (article) => {
    const svg = article.querySelector("svg.arcs");
    const text = article.querySelector(".text");
    const chosen = new Set(chooseLinks(article));
    const links = inView.has(article) ? linksOf(article) : [...chosen];
    svg.replaceChildren();
    if (!links.length) {
      sizes.unobserve(text);
      return;
    }
    const origin = svg.getBoundingClientRect();
    const column = text.getBoundingClientRect();
    const arcs = layOut(links, origin).sort((a, b) => chosen.has(a.link) - chosen.has(b.link));
    const classOf = ({ link }, name) => `${name} ${link.head.className} ${chosen.has(link) ? "chosen" : ""}`;
    for (const arc of arcs) {
      const { x1, y1, c1, c2, x2, y2, link } = arc;
      const group = append(svg, "g", { class: classOf(arc, "arc"), "data-head": link.head.id, "data-tail": link.tail.id });
      append(group, "path", { class: "line", d: `M${x1} ${y1}C${x1} ${c1} ${x2} ${c2} ${x2} ${y2}` });
      append(group, "path", { class: "tip", d: `M${x2} ${y2}l-4 ${arc.up ? 7 : -7}h8z` });
    }
    // All names are written before one is measured, so that the page is laid out once.
    for (const arc of arcs) {
      const group = append(svg, "g", { class: classOf(arc, "name") });
      arc.plate = append(group, "rect");
      arc.text = append(group, "text");
      arc.text.textContent = arc.link.name;
    }
    placeNames(arcs.reverse(), { left: column.left - origin.left, right: column.right - origin.left });
    sizes.observe(text);
  };

  const sizes = new ResizeObserver((entries) => {
    for (const entry of entries) draw(entry.target.closest("article"));
  });

  const views = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) inView.add(target);
      else inView.delete(target);
      draw(target);
    }
  });

  const all = document.getElementById("arcs");
  all.closest("label").hidden = false;
  all.addEventListener("change", () => {
    views.disconnect();
    if (all.checked) {
      for (const article of document.querySelectorAll("article")) views.observe(article);
    } else {
      const drawn = [...inView];
      inView.clear();
      drawn.forEach(draw);
    }
  });

  // Names of labels in the text move the marks.
  document.getElementById("names").addEventListener("change", () => {
    for (const article of new Set([...inView, lit?.closest("article")])) if (article) draw(article);
  });

  document.addEventListener("lit", ({ detail }) => {
    const before = lit?.closest("article");
    lit = detail;
    for (const article of new Set([before, lit?.closest("article")])) if (article) draw(article);
  });
})();
