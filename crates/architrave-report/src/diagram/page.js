'use strict';
(() => {
  const NS = 'http://www.w3.org/2000/svg';
  const $ = id => document.getElementById(id);
  const D = JSON.parse($('data').textContent);
  const svg = $('picture'), world = $('world'), near = $('near'), links = $('links'), panel = $('panel');
  const make = (name, attributes, text) => {
    const e = document.createElementNS(NS, name);
    for (const key in attributes) e.setAttribute(key, attributes[key]);
    if (text !== undefined) e.textContent = text;
    return e;
  };
  const html = (name, attributes, ...inside) => {
    const e = document.createElement(name);
    for (const key in attributes) e.setAttribute(key, attributes[key]);
    e.append(...inside);
    return e;
  };

  // Places: relations by table, groups with what is drawn of them.
  const refers = D.tables.map(() => []), referred = D.tables.map(() => []);
  D.relations.forEach((r, at) => { refers[r[0]].push(at); referred[r[1]].push(at); });
  const boxOf = [];
  const groups = D.groups.map((g, at) => {
    const e = $('g' + at);
    g.b.forEach(b => { boxOf[b[0]] = [at, b]; });
    const sil = g.b.map(b => `M${b[1]} ${b[2]}h${b[3]}v${b[4]}h${-b[3]}z`).join('');
    e.append(make('path', { class: 'sil', d: sil }), make('text', { class: 'big', x: g.w / 2, y: g.h / 2 }, g.t));
    e.querySelector('.ft').addEventListener('click', () => link(at));
    return { ...g, e, at, inner: e.querySelector('.in'), shown: true, drawn: g.svg === null };
  });

  // The view: one for the whole picture, one for a neighbourhood.
  const views = { whole: { x: 0, y: 0, k: 1 }, near: { x: 0, y: 0, k: 1 } };
  let mode = 'whole', focus = null, nearSize = { w: 1, h: 1 }, extent = { w: D.w, h: D.h }, due = false;
  const view = () => views[mode];
  const size = () => { const r = svg.getBoundingClientRect(); return { w: r.width || 800, h: r.height || 600 }; };
  const FAR = 0.3;

  function paint() {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; draw(); });
  }
  function draw(everything) {
    const v = view();
    (mode === 'whole' ? world : near).setAttribute('transform', `translate(${v.x} ${v.y}) scale(${v.k})`);
    if (mode !== 'whole') return;
    const isFar = v.k < FAR && !everything && groups.length > 1;
    world.classList.toggle('far', isFar);
    const s = size();
    let drawn = 0;
    for (const g of groups) {
      if (isFar) {
        const big = g.e.querySelector('.big');
        const font = Math.min(15 / v.k, g.w * 1.5 / Math.max(4, g.t.length), g.h * .6);
        big.setAttribute('font-size', font);
        big.setAttribute('stroke-width', font / 4);
        big.setAttribute('dy', font * .35);
        continue;
      }
      const x = g.x * v.k + v.x, y = g.y * v.k + v.y;
      const isIn = g.shown && (everything || (x < s.w + 200 && y < s.h + 200 && x + g.w * v.k > -200 && y + g.h * v.k > -200));
      if (isIn && !g.drawn) { g.inner.innerHTML = g.svg; g.drawn = true; reach(g.inner); }
      else if (!isIn && g.drawn && g.svg !== null) { g.inner.textContent = ''; g.drawn = false; }
      drawn += g.drawn;
    }
    mark();
  }
  function reach(inside) {
    for (const t of inside.querySelectorAll('.t')) {
      t.setAttribute('tabindex', '0');
      t.setAttribute('role', 'button');
      t.setAttribute('aria-label', D.tables[t.dataset.t].n);
    }
  }
  function mark() {
    for (const e of svg.querySelectorAll('.t.here')) e.classList.remove('here');
    if (focus !== null) for (const e of svg.querySelectorAll(`.t[data-t="${focus}"]`)) e.classList.add('here');
  }
  function fit(target = mode) {
    const s = size(), all = target === 'whole' ? extent : nearSize, v = views[target];
    v.k = Math.min((s.w - 40) / all.w, (s.h - 40) / all.h, 1.25);
    v.x = (s.w - all.w * v.k) / 2;
    v.y = (s.h - all.h * v.k) / 2;
    paint();
  }
  function zoom(factor, at) {
    const v = view(), s = size();
    const p = at || { x: s.w / 2, y: s.h / 2 };
    const k = Math.min(4, Math.max(0.01, v.k * factor));
    v.x = p.x - (p.x - v.x) * k / v.k;
    v.y = p.y - (p.y - v.y) * k / v.k;
    v.k = k;
    paint();
  }
  function show(x, y, w, h) {
    const s = size(), v = views.whole;
    v.k = Math.min(1, (s.w - 60) / w, (s.h - 60) / h);
    v.x = s.w / 2 - (x + w / 2) * v.k;
    v.y = s.h / 2 - (y + h / 2) * v.k;
    paint();
  }

  // Mouse, touch and pen.
  const pointers = new Map();
  let moved = 0, pinch = 0;
  const local = e => { const r = svg.getBoundingClientRect(); return { x: e.clientX - r.left, y: e.clientY - r.top }; };
  svg.addEventListener('pointerdown', e => {
    if (e.button) return;
    pointers.set(e.pointerId, local(e));
    if (pointers.size === 1) moved = 0;
    pinch = 0;
  });
  svg.addEventListener('pointermove', e => {
    const before = pointers.get(e.pointerId);
    if (!before) return;
    const now = local(e), v = view();
    pointers.set(e.pointerId, now);
    if (pointers.size === 1) {
      moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
      if (moved > 4 && !svg.hasPointerCapture(e.pointerId)) { svg.setPointerCapture(e.pointerId); svg.classList.add('grabbed'); }
      v.x += now.x - before.x;
      v.y += now.y - before.y;
      paint();
    } else {
      moved = 99;
      const [a, b] = [...pointers.values()];
      const length = Math.hypot(a.x - b.x, a.y - b.y);
      if (pinch) zoom(length / pinch, { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
      pinch = length;
    }
  });
  const release = e => { pointers.delete(e.pointerId); pinch = 0; svg.classList.remove('grabbed'); };
  svg.addEventListener('pointerup', release);
  svg.addEventListener('pointercancel', release);
  svg.addEventListener('wheel', e => {
    e.preventDefault();
    const step = e.deltaMode === 1 ? e.deltaY * 16 : e.deltaY;
    zoom(Math.exp(-Math.max(-240, Math.min(240, step)) * 0.002), local(e));
  }, { passive: false });
  svg.addEventListener('click', e => {
    if (moved > 4) return;
    const t = e.target.closest('.t');
    if (t) return select(+t.dataset.t);
    const g = mode === 'whole' && e.target.closest('.f');
    if (g && world.classList.contains('far')) { const at = groups[+g.id.slice(1)]; show(at.x, at.y, at.w, at.h); }
    else links.textContent = '';
  });
  svg.addEventListener('pointerover', e => {
    const t = e.target.closest('.t');
    for (const w of svg.querySelectorAll('.w.hot')) w.classList.remove('hot');
    if (!t) return;
    const scope = t.closest('.f') || near, n = t.dataset.t;
    for (const w of scope.querySelectorAll(`.w[data-c="${n}"],.w[data-p="${n}"]`)) w.classList.add('hot');
  });
  document.addEventListener('keydown', e => {
    const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName) && document.activeElement.type !== 'checkbox';
    if (e.key === 'Escape') { if (isTyping) { close(); svg.focus(); } else if (mode === 'near') whole(); else { hide(); links.textContent = ''; } return; }
    if (isTyping || e.ctrlKey || e.metaKey || e.altKey) return;
    const v = view(), step = e.shiftKey ? 400 : 90;
    const keys = {
      ArrowLeft: () => { v.x += step; }, ArrowRight: () => { v.x -= step; }, ArrowUp: () => { v.y += step; }, ArrowDown: () => { v.y -= step; },
      '+': () => zoom(1.25), '=': () => zoom(1.25), '-': () => zoom(0.8), '0': () => fit(), '/': () => $('find').focus(),
    };
    if ((e.key === 'Enter' || e.key === ' ') && document.activeElement.closest && document.activeElement.closest('.t')) {
      e.preventDefault();
      return select(+document.activeElement.closest('.t').dataset.t);
    }
    if (!keys[e.key] || document.activeElement.closest('#panel,#groups')) return;
    e.preventDefault();
    keys[e.key]();
    paint();
  });
  $('in').onclick = () => zoom(1.25);
  $('out').onclick = () => zoom(0.8);
  $('fit').onclick = () => fit();
  $('back').onclick = () => whole();
  $('far').onchange = () => neighbourhood();
  $('full').onchange = () => neighbourhood();

  // How one community refers to the others.
  function link(at) {
    links.textContent = '';
    const g = groups[at];
    const centre = o => [o.x + o.w / 2, o.y + o.h / 2];
    const edge = (o, [x, y]) => {
      const [cx, cy] = centre(o), dx = x - cx, dy = y - cy;
      const t = Math.min(Math.abs(o.w / 2 / (dx || 1e-9)), Math.abs(o.h / 2 / (dy || 1e-9)));
      return [cx + dx * t, cy + dy * t];
    };
    const sums = new Map();
    for (const [from, to, n] of D.between) {
      const other = from === at ? to : to === at ? from : -1;
      if (other >= 0 && groups[other].shown) sums.set(other, (sums.get(other) || 0) + n);
    }
    const k = views.whole.k;
    for (const [other, n] of [...sums].sort((a, b) => a[0] - b[0])) {
      const o = groups[other], a = edge(g, centre(o)), b = edge(o, centre(g));
      const mid = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], r = 10 / k;
      links.append(
        make('path', { d: `M${a}L${b}`, 'stroke-width': Math.min(6, 1 + Math.sqrt(n)) / k }),
        make('circle', { cx: mid[0], cy: mid[1], r: r * 1.2, 'stroke-width': 1.5 / k }),
        make('text', { x: mid[0], y: mid[1] + 4 / k, 'font-size': 11 / k }, n));
    }
  }

  // A table and its neighbourhood.
  function select(t) {
    focus = t;
    details(t);
    neighbourhood();
    history.replaceState(null, '', '#' + encodeURIComponent(D.tables[t].n));
  }
  function whole(there) {
    mode = 'whole';
    near.textContent = '';
    world.removeAttribute('display');
    for (const id of ['back', 'far-label', 'full-label']) $(id).hidden = true;
    $('hint').textContent = '';
    if (there) {
      const [at, b] = boxOf[there.t], g = groups[at];
      if (!g.shown) { g.shown = true; pack(); }
      const s = size(), v = views.whole;
      v.k = Math.max(v.k, 0.9);
      v.x = s.w / 2 - (g.x + b[1] + b[3] / 2) * v.k;
      v.y = s.h / 2 - (g.y + b[2] + b[4] / 2) * v.k;
    }
    paint();
  }
  function hide() { panel.hidden = true; focus = null; mark(); history.replaceState(null, '', location.pathname + location.search); paint(); }

  const MOST = 36;
  function neighbourhood() {
    if (focus === null) return;
    const reachFar = +$('far').value, isFull = $('full').checked;
    const column = new Map([[focus, 0]]);
    let left = 0;
    const spread = (from, step, edges, end) => {
      const found = [];
      for (const t of from) for (const r of edges[t]) {
        const to = D.relations[r][end];
        if (!column.has(to) && !found.includes(to)) found.push(to);
      }
      found.sort((a, b) => D.tables[a].n < D.tables[b].n ? -1 : 1);
      left += Math.max(0, found.length - MOST);
      const kept = found.slice(0, MOST);
      for (const t of kept) column.set(t, step);
      return kept;
    };
    const parents = spread([focus], -1, refers, 1), children = spread([focus], 1, referred, 0);
    if (reachFar > 1) {
      const passes = list => list.filter(t => !D.tables[t].h);
      spread(parents, -2, refers, 1);
      spread(children, 2, referred, 0);
      spread(passes(children), 2, refers, 1);
      spread(passes(parents), -2, referred, 0);
    }
    const relations = D.relations.map((r, at) => at).filter(at => column.has(D.relations[at][0]) && column.has(D.relations[at][1]));
    const boxes = new Map();
    for (const [t, at] of column) {
      const used = new Set(relations.filter(r => D.relations[r][0] === t).flatMap(r => D.relations[r][2]));
      const isCentre = t === focus;
      const rows = D.tables[t].f.map((f, n) => [f, n]).filter(([f, n]) => isFull || used.has(n) || (isCentre && f[2] & 3));
      boxes.set(t, { t, at, rows, w: boxWidth(t, rows), h: rows.length ? 33 + rows.length * 18 : 28 });
    }
    place(boxes, relations);
    near.textContent = '';
    const lines = relations.map(r => curve(boxes, r));
    lines.sort((a, b) => b.classList.contains('faint') - a.classList.contains('faint'));
    near.append(...lines);
    for (const b of boxes.values()) near.append(box(b));
    mode = 'near';
    world.setAttribute('display', 'none');
    for (const id of ['back', 'far-label', 'full-label']) $(id).hidden = false;
    $('hint').textContent = 'left: what it refers to · right: what refers to it' + (left ? ` · ${left} more not drawn` : '');
    fit('near');
    mark();
  }
  const cells = text => [...text].reduce((n, c) => n + (c.codePointAt(0) > 0x2e80 ? 2 : 1), 0);
  const boxWidth = (t, rows) => Math.max(130, cells(D.tables[t].t) * 8.2 + 26, ...rows.map(([f]) => 50 + (cells(f[0]) + cells(f[1])) * 6.65));
  function place(boxes, relations) {
    const columns = [-2, -1, 0, 1, 2].map(at => [...boxes.values()].filter(b => b.at === at));
    const middle = b => b.y + b.h / 2;
    let x = 0, low = 0, high = 0;
    const near = t => relations.filter(r => D.relations[r][0] === t || D.relations[r][1] === t)
      .map(r => boxes.get(D.relations[r][0] === t ? D.relations[r][1] : D.relations[r][0])).filter(b => b.y !== undefined);
    const stack = list => {
      const height = list.reduce((sum, b) => sum + b.h + 16, -16);
      let y = -height / 2;
      for (const b of list) { b.y = y; y += b.h + 16; }
    };
    for (const at of [2, 1, 3, 0, 4]) {
      const list = columns[at];
      if (at === 0 || at === 4) {
        const wish = b => { const o = near(b.t); return o.length ? o.reduce((s, n) => s + middle(n), 0) / o.length : 0; };
        const wishes = new Map(list.map(b => [b, wish(b)]));
        list.sort((a, b) => wishes.get(a) - wishes.get(b) || a.t - b.t);
      }
      stack(list);
    }
    for (const list of columns) {
      if (!list.length) continue;
      const w = Math.max(...list.map(b => b.w));
      const folds = Math.ceil(list.length / 14), each = Math.ceil(list.length / folds);
      for (let n = 0; n < folds; n++) {
        const part = list.slice(n * each, (n + 1) * each);
        if (folds > 1) stack(part);
        for (const b of part) { b.x = x; b.w = w; b.fold = n; low = Math.min(low, b.y); high = Math.max(high, b.y + b.h); }
        x += w + (n + 1 < folds ? 44 : 110);
      }
    }
    for (const b of boxes.values()) { b.y -= low; }
    nearSize = { w: Math.max(1, x - 110 + 40), h: high - low };
  }
  function curve(boxes, at) {
    const r = D.relations[at], c = boxes.get(r[0]), p = boxes.get(r[1]);
    const row = c.rows.findIndex(([, n]) => r[2].includes(n));
    const cy = c.y + (row < 0 ? 14 : 28 + row * 18 + 9), py = p.y + 14;
    const isLoop = c.at === p.at;
    const cSide = isLoop ? 1 : Math.sign(p.x - c.x), pSide = isLoop ? 1 : -cSide;
    const cx = c.x + (cSide > 0 ? c.w : 0), px = p.x + (pSide > 0 ? p.w : 0);
    const bend = isLoop ? 46 : Math.max(40, Math.abs(px - cx) / 2);
    const foot = r[5] === 2 ? '' : r[4]
      ? `M${cx + 5 * cSide} ${cy - 4}v8M${cx + 7.5 * cSide} ${cy}a3.5 3.5 0 1 0 ${7 * cSide} 0a3.5 3.5 0 1 0 ${-7 * cSide} 0M${cx} ${cy}h${7.5 * cSide}`
      : `M${cx} ${cy - 5}l${9 * cSide} 5l${-9 * cSide} 5M${cx} ${cy}h${9 * cSide}a3.5 3.5 0 1 0 ${7 * cSide} 0a3.5 3.5 0 1 0 ${-7 * cSide} 0`;
    const head = r[5] === 2 ? '' : `M${px + 5 * pSide} ${py - 4}v8` + (r[3]
      ? `M${px + 7.5 * pSide} ${py}a3.5 3.5 0 1 0 ${7 * pSide} 0a3.5 3.5 0 1 0 ${-7 * pSide} 0M${px} ${py}h${7.5 * pSide}`
      : `M${px + 8.5 * pSide} ${py - 4}v8M${px} ${py}h${14 * pSide}`);
    const [a, b] = [cx + 15 * cSide, px + 14 * pSide];
    // What is not on the way to or from the middle stays in the background.
    const isFaint = Math.abs(c.at - p.at) !== 1 || c.fold > 0 && c.at > 0 || p.fold > 0 && p.at > 0;
    const g = make('g', { class: isFaint ? 'w faint' : 'w', 'data-c': r[0], 'data-p': r[1] });
    g.append(make('title', {}, r[6]), make('path', { class: r[5] ? 'd' : '', d: `M${a} ${cy}C${a + bend * cSide} ${cy} ${b + bend * pSide} ${py} ${b} ${py}` }), make('path', { d: foot + head }));
    return g;
  }
  function box(b) {
    const t = D.tables[b.t], color = [...groups[t.g].e.classList].find(c => /^k\d$/.test(c)) || 'k0';
    const g = make('g', { class: `t ${color}`, 'data-t': b.t, transform: `translate(${b.x} ${b.y})`, tabindex: 0, role: 'button', 'aria-label': t.n });
    g.append(make('title', {}, t.n + (t.c ? ': ' + t.c : '')), make('rect', { class: 'b', width: b.w, height: b.h, rx: 5 }),
      make('path', { class: 'h', d: b.rows.length ? `M.5 28V5.5a5 5 0 0 1 5-5H${b.w - 5.5}a5 5 0 0 1 5 5V28z` : `M.5 5.5a5 5 0 0 1 5-5H${b.w - 5.5}a5 5 0 0 1 5 5V22.5a5 5 0 0 1-5 5H5.5a5 5 0 0 1-5-5z` }),
      make('text', { class: 'n', x: 10, y: 18.5 }, t.t));
    b.rows.forEach(([f], n) => {
      const y = 28 + n * 18 + 13.5;
      if (f[2] & 3) g.append(make('text', { class: 'k', x: 9, y }, f[2] & 1 ? 'PK' : 'FK'));
      g.append(make('text', { class: f[2] & 8 ? 'c' : 'c null', x: 28, y }, f[0]), make('text', { class: 'y', x: b.w - 9, y }, f[1]));
    });
    return g;
  }
  function details(t) {
    const d = D.tables[t];
    const go = (to, text) => { const b = html('button', { type: 'button' }, text); b.onclick = () => select(to); return html('li', {}, b); };
    const there = html('button', { type: 'button' }, 'Show in the whole picture');
    there.onclick = () => whole({ t });
    const close = html('button', { type: 'button', class: 'close', 'aria-label': 'Close' }, '×');
    close.onclick = () => { whole(); hide(); };
    const rows = d.f.map(f => {
      const key = [f[2] & 1 && 'PK', f[2] & 2 && 'FK', f[2] & 4 && !(f[2] & 1) && 'unique', !(f[2] & 8) && 'null'].filter(Boolean).join(' ');
      const name = html('td', {}, f[0]);
      if (f[3]) name.append(html('p', { class: 'soft' }, f[3]));
      return html('tr', {}, name, html('td', {}, f[1]), html('td', {}, key));
    });
    panel.replaceChildren(close, html('h2', {}, d.t), html('p', { class: 'soft' }, `${d.facts} · ${groups[d.g].t}`));
    if (d.c) panel.append(html('p', {}, d.c));
    panel.append(there, html('h3', {}, `Columns (${d.f.length})`), html('table', {}, html('tbody', {}, ...rows)));
    for (const [title, edges, end] of [['Refers to', refers[t], 1], ['Referred to by', referred[t], 0]]) {
      if (edges.length) panel.append(html('h3', {}, `${title} (${edges.length})`), html('ul', {}, ...edges.map(r => go(D.relations[r][end], D.relations[r][6]))));
    }
    panel.hidden = false;
    panel.scrollTop = 0;
  }

  // Search.
  const find = $('find'), found = $('found');
  let hits = [], chosen = 0;
  function close() { found.hidden = true; find.setAttribute('aria-expanded', 'false'); find.removeAttribute('aria-activedescendant'); }
  function list() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    hits = [];
    if (!words.length) return close();
    const all = text => words.every(w => text.includes(w));
    const rank = (n, w) => n === w ? 0 : n.startsWith(w) ? 1 : 2;
    D.tables.forEach((t, at) => { const n = t.n.toLowerCase(); if (all(n)) hits.push([rank(t.t.toLowerCase(), words[0]), t.n, at, '']); });
    D.tables.forEach((t, at) => { if (hits.length < 200) for (const f of t.f) if (all((t.n + '.' + f[0]).toLowerCase()) && !all(t.n.toLowerCase())) hits.push([3, t.n, at, f[0]]); });
    hits.sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0));
    const total = hits.length;
    hits = hits.slice(0, 40);
    chosen = 0;
    found.replaceChildren(...hits.map((h, n) => {
      const li = html('li', { role: 'option', id: 'hit' + n, 'aria-selected': n === 0 }, h[1], h[3] ? html('small', {}, '.' + h[3]) : '');
      li.onpointerdown = e => { e.preventDefault(); take(n); };
      return li;
    }));
    if (!total) found.append(html('li', { role: 'option', 'aria-disabled': 'true' }, 'Nothing has that name'));
    found.hidden = false;
    find.setAttribute('aria-expanded', 'true');
  }
  function choose(n) {
    if (!hits.length) return;
    found.children[chosen].setAttribute('aria-selected', 'false');
    chosen = (n + hits.length) % hits.length;
    found.children[chosen].setAttribute('aria-selected', 'true');
    found.children[chosen].scrollIntoView({ block: 'nearest' });
    find.setAttribute('aria-activedescendant', 'hit' + chosen);
  }
  function take(n) { if (hits[n]) { close(); find.blur(); select(hits[n][2]); } }
  find.oninput = list;
  find.onblur = close;
  find.onfocus = list;
  find.onkeydown = e => {
    if (e.key === 'ArrowDown') { e.preventDefault(); choose(chosen + 1); }
    else if (e.key === 'ArrowUp') { e.preventDefault(); choose(chosen - 1); }
    else if (e.key === 'Enter') take(chosen);
  };

  // Which communities are shown; what is left moves together.
  function pack() {
    const shown = groups.filter(g => g.shown);
    if (shown.length === groups.length) {
      for (const g of groups) { g.x = D.groups[g.at].x; g.y = D.groups[g.at].y; }
      extent = { w: D.w, h: D.h };
    } else {
      const area = shown.reduce((sum, g) => sum + (g.w + 28) * (g.h + 28), 0);
      const limit = Math.max(Math.sqrt(area * 1.9), ...shown.map(g => g.w), 1);
      let x = 0, y = 0, row = 0;
      extent = { w: 1, h: 1 };
      for (const g of [...shown].sort((a, b) => b.h - a.h || a.at - b.at)) {
        if (x && x + g.w > limit) { x = 0; y += row + 28; row = 0; }
        g.x = x; g.y = y;
        x += g.w + 28;
        row = Math.max(row, g.h);
        extent = { w: Math.max(extent.w, g.x + g.w), h: Math.max(extent.h, g.y + g.h) };
      }
    }
    for (const g of groups) {
      g.e.setAttribute('transform', `translate(${g.x} ${g.y})`);
      g.e.toggleAttribute('display', false);
      if (!g.shown) g.e.setAttribute('display', 'none');
      const tick = document.querySelector(`[data-group="${g.at}"]`);
      if (tick) tick.checked = g.shown;
    }
    links.textContent = '';
    if (mode === 'whole') fit();
  }
  $('groups').addEventListener('change', e => {
    const d = e.target.dataset;
    if (d.group !== undefined) groups[+d.group].shown = e.target.checked;
    if (d.schema !== undefined) for (const tick of e.target.closest('label').nextElementSibling.querySelectorAll('[data-group]')) groups[+tick.dataset.group].shown = e.target.checked;
    pack();
  });
  $('groups').addEventListener('click', e => {
    const b = e.target.closest('button');
    if (!b) return;
    if (b.dataset.all !== undefined) { for (const g of groups) g.shown = !!b.dataset.all; for (const s of document.querySelectorAll('[data-schema]')) s.checked = !!b.dataset.all; return pack(); }
    const g = groups[+b.dataset.go];
    whole();
    if (!g.shown) { g.shown = true; pack(); }
    show(g.x, g.y, g.w, g.h);
    link(g.at);
  });

  // Paper takes the whole picture.
  addEventListener('beforeprint', () => {
    const isNear = mode === 'near', all = isNear ? nearSize : extent;
    draw(true);
    svg.setAttribute('viewBox', `-10 -10 ${all.w + 20} ${all.h + 20}`);
    (isNear ? near : world).removeAttribute('transform');
  });
  addEventListener('afterprint', () => { svg.removeAttribute('viewBox'); paint(); });
  addEventListener('resize', () => paint());

  svg.removeAttribute('viewBox');
  reach(world);
  fit('whole');
  const wanted = decodeURIComponent(location.hash.slice(1));
  const at = wanted ? D.tables.findIndex(t => t.n === wanted) : -1;
  if (at >= 0) select(at);
})();
