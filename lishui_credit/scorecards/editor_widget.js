// Draws one state of a bin editor and sends back what was asked for. It computes no figure.
const STYLE = `
.lc-bins { font: 14px/1.4 system-ui, "Noto Sans CJK SC", sans-serif; color: #1a1a1a; background: #fff;
  padding: 8px; max-width: 960px; }
.lc-bins svg { width: 100%; height: auto; touch-action: none; display: block; }
.lc-bins table { border-collapse: collapse; width: 100%; }
.lc-bins th, .lc-bins td { padding: 3px 6px; text-align: right; border-bottom: 1px solid #d0d0d0; }
.lc-bins th:first-child, .lc-bins td:first-child { text-align: left; overflow-wrap: anywhere; }
.lc-bins button, .lc-bins input, .lc-bins select { font: inherit; min-height: 26px; color: #1a1a1a;
  background: #f5f5f5; border: 1px solid #767676; border-radius: 4px; margin: 1px; }
.lc-bins [aria-pressed=true] { background: #0072b2; color: #fff; }
.lc-bins :focus-visible { outline: 3px solid #0072b2; outline-offset: 1px; }
.lc-bins g:focus { outline: none; } .lc-bins g:focus circle { stroke: #1a1a1a; stroke-width: 4; }
.lc-bins .fault { color: #a30000; } .lc-bins p { margin: 4px 0; }
.lc-bins textarea { width: 100%; box-sizing: border-box; font: 13px monospace; color: #1a1a1a;
  background: #f5f5f5; }`;
const WIDE = 1000, HIGH = 200, FOOT = 170;

function node(parent, tag, attributes = {}, text = "") {
  const made = tag in { svg: 1, g: 1, rect: 1, line: 1, circle: 1, text: 1, title: 1 }
    ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}

function render({ model, el }) {
  let state = model.get("state"), drag = null;
  const chosen = new Set();
  const send = intent => model.send(intent);
  const root = node(el, "div", { class: "lc-bins", role: "group" });
  node(root, "style", {}, STYLE);
  const title = node(root, "p"), facts = node(root, "p", { role: "status" });
  const fault = node(root, "p", { class: "fault", role: "alert" });
  const help = node(root, "p");
  const svg = node(root, "svg", { viewBox: `0 0 ${WIDE} ${HIGH}` });
  const bar = node(root, "div"), table = node(root, "table"), label = node(root, "label");

  function button(parent, key, words, intent, said = words) {
    const made = node(parent, "button", { type: "button", "data-key": key, "aria-label": said }, words);
    made.onclick = () => send(typeof intent === "function" ? intent() : intent);
    return made;
  }

  function drawStrip() {
    svg.replaceChildren();
    svg.style.display = state.numeric ? "" : "none";
    if (!state.numeric) return;
    const top = Math.max(1e-9, ...state.fine.map(piece => piece[1] ?? 0));
    const y = rate => FOOT - (rate ?? 0) / top * (FOOT - 20);
    state.fine.forEach(([from, rate], i) => {
      const to = i + 1 < state.fine.length ? state.fine[i + 1][0] : 1;
      node(svg, "rect", { x: from * WIDE, width: Math.max((to - from) * WIDE - 1, 0.5), y: y(rate),
        height: FOOT - y(rate), fill: "#c5dff0" });
    });
    state.bins.filter(row => row.moves && row.rate !== null).forEach(row => {
      const [from, to] = row.span;
      node(svg, "line", { x1: from * WIDE, x2: to * WIDE, y1: y(row.rate), y2: y(row.rate),
        stroke: row.locked ? "#a30000" : "#0072b2", "stroke-width": row.locked ? 6 : 3 });
    });
    state.cuts.forEach((cut, i) => {
      const handle = node(svg, "g", { tabindex: 0, role: "slider", "data-key": `cut${i}`,
        "aria-label": state.words.cut.replace("{}", i + 1), "aria-valuemin": 0,
        "aria-valuemax": Math.max(state.marks.length - 1, 0), "aria-valuenow": cut.near,
        "aria-valuetext": `${cut.said}; ${state.bins[i].said}: ${state.bins[i].cells[2]}; `
          + `${state.bins[i + 1].said}: ${state.bins[i + 1].cells[2]}`, style: "cursor: ew-resize" });
      const x = cut.at * WIDE;
      node(handle, "line", { x1: x, x2: x, y1: 6, y2: FOOT, stroke: "#1a1a1a", "stroke-width": 2 });
      node(handle, "line", { x1: x, x2: x, y1: 0, y2: FOOT, stroke: "transparent", "stroke-width": 14 });
      node(handle, "circle", { cx: x, cy: 10, r: 8, fill: "#d55e00" });
      node(handle, "text", { x, y: FOOT + 14 + 13 * (i % 2), "text-anchor": "middle", "font-size": 13 },
        cut.said);
      handle.onkeydown = event => cutKey(event, i);
      handle.onpointerdown = event => {
        drag = { cut: i, since: state.moves, sent: cut.near };
        svg.setPointerCapture(event.pointerId);
        handle.focus();
        event.preventDefault();
      };
    });
  }

  svg.onpointermove = event => {
    if (!drag || !state.marks.length) return;
    const box = svg.getBoundingClientRect(), at = (event.clientX - box.left) / box.width;
    let near = 0;
    state.marks.forEach((mark, i) => {
      if (Math.abs(mark - at) < Math.abs(state.marks[near] - at)) near = i;
    });
    if (near === drag.sent) return;
    drag.sent = near;
    send({ act: "place", cut: drag.cut, to: near, since: drag.since });
  };
  svg.onpointerup = svg.onpointercancel = () => { drag = null; };

  function cutKey(event, i) {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5 };
    if (event.key in by) send({ act: "step", cut: i, by: by[event.key] });
    else if (event.key === "Delete" || event.key === "Backspace") send({ act: "merge", bin: i });
    else if (event.key === "l") send({ act: "lock", bin: i });
    else if (event.key === "L") send({ act: "lock", bin: i + 1 });
    else return;
    event.preventDefault();
    event.stopPropagation(); // a notebook has its own meaning for these keys
  }

  function rowKey(event, i) {
    if (event.target.tagName === "INPUT") return;
    if (event.key === "Delete" && i + 1 < state.bins.filter(row => row.moves).length)
      send({ act: "merge", bin: i });
    else if (event.key.toLowerCase() === "l") send({ act: "lock", bin: i });
    else if (event.key.toLowerCase() === "s") send({ act: "split", bin: i });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function drawTable() {
    const words = state.words, last = state.bins.filter(row => row.moves).length - 1;
    table.replaceChildren();
    node(table, "caption", {}, words.name.replace("{}", state.title));
    const head = node(node(table, "thead"), "tr"), body = node(table, "tbody");
    words.heads.forEach(text => node(head, "th", { scope: "col" }, text));
    state.bins.forEach((row, i) => {
      const line = node(body, "tr"), first = node(line, "td", {}, row.levels.length ? "" : row.said);
      row.cells.forEach(text => node(line, "td", {}, text));
      const act = node(line, "td");
      if (!row.moves) return;
      line.onkeydown = event => rowKey(event, i);
      row.levels.forEach(([name, told]) => drawLevel(first, name, told, i));
      if (row.more) node(first, "span", {}, words.more.replace("{}", row.more));
      const lock = button(act, `lock${i}`, row.locked ? words.locked : words.lock,
        { act: "lock", bin: i }, `${words.lock} ${row.said}`);
      lock.setAttribute("aria-pressed", row.locked);
      button(act, `split${i}`, words.split, { act: "split", bin: i }, `${words.split} ${row.said}`);
      if (i < last) button(act, `merge${i}`, words.merge, { act: "merge", bin: i },
        `${row.said} ${words.merge}`);
      line.ondragover = event => event.preventDefault();
      line.ondrop = event => {
        event.preventDefault();
        const names = JSON.parse(event.dataTransfer.getData("text/plain") || "[]");
        if (names.length) send({ act: "regroup", levels: names, bin: i });
      };
    });
  }

  function drawLevel(parent, name, told, i) {
    const chip = node(parent, "button", { type: "button", draggable: true, title: told,
      "data-key": `level${name}`, "aria-pressed": chosen.has(name), "aria-label": `${name}: ${told}` }, name);
    chip.onclick = () => {
      chosen.has(name) ? chosen.delete(name) : chosen.add(name);
      chip.setAttribute("aria-pressed", chosen.has(name));
    };
    chip.ondragstart = event => event.dataTransfer.setData("text/plain",
      JSON.stringify(chosen.has(name) ? [...chosen] : [name]));
  }

  function drawBar() {
    const words = state.words;
    bar.replaceChildren();
    button(bar, "rebin", words.rebin, { act: "rebin" });
    button(bar, "undo", words.undo, { act: "undo" });
    button(bar, "reset", words.reset, { act: "reset" });
    if (state.card) button(bar, "card", words.card, { act: "card" });
    if (state.numeric) {
      const value = node(bar, "input", { type: "number", step: "any", "aria-label": words.at,
        placeholder: words.at, "data-key": "at" });
      button(bar, "add", words.add, () => ({ act: "cut", at: value.valueAsNumber }));
    } else {
      const to = node(bar, "select", { "aria-label": words.move, "data-key": "to" });
      state.bins.forEach((row, i) => row.moves && node(to, "option", { value: i }, `${i + 1}: ${row.said}`));
      node(to, "option", { value: -1 }, words.new);
      button(bar, "go", words.go, () => {
        const levels = [...chosen];
        chosen.clear();
        return { act: "regroup", levels, bin: Number(to.value) };
      }, words.move);
    }
  }

  function draw() {
    state = model.get("state");
    const held = root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    root.lang = state.words.lang;
    root.setAttribute("aria-label", state.words.name.replace("{}", state.title));
    title.textContent = state.remarks.join(" · ");
    facts.textContent = state.facts.join(" · ");
    fault.textContent = state.fault;
    help.textContent = `${state.numeric ? state.words.help : state.words.levels} ${state.words.row}`;
    drawStrip();
    drawBar();
    drawTable();
    label.replaceChildren(state.words.paste);
    node(label, "textarea", { readonly: "", rows: 2 }, state.splits);
    if (!held) return;
    const all = [...root.querySelectorAll("[data-key]")];
    const same = all.find(one => one.dataset.key === held);
    const kin = all.filter(one => one.dataset.key.startsWith(held.replace(/\d+$/, ""))).pop();
    (same ?? kin ?? root.querySelector("[data-key]"))?.focus();
  }

  model.on("change:state", draw);
  draw();
  return () => model.off("change:state", draw);
}

export default { render };
