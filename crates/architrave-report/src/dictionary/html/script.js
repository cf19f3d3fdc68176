"use strict";
(() => {
  const facts = JSON.parse(document.getElementById("facts").textContent);
  const main = document.getElementById("main");
  const search = document.getElementById("search");
  const scroll = document.getElementById("scroll");
  const list = document.getElementById("list");
  const found = document.getElementById("found");
  const ROW = 28;

  // Text only: nothing that a database names is ever parsed as mark-up. Control and direction-changing characters are spelled out.
  const unsafe = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
  const visible = (text) => String(text).replace(unsafe, (c) => "\\u{" + c.codePointAt(0).toString(16) + "}");
  const el = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
    for (const child of children.flat(3)) if (child !== undefined && child !== null && child !== "") node.append(child instanceof Node ? child : visible(child));
    return node;
  };
  const code = (text) => el("code", {}, text);
  // A long name may break where its parts meet.
  const soft = (text) => String(text).split(/(?<=[_.])/).flatMap((part, at) => (at ? [el("wbr"), part] : [part]));
  const between = (nodes, text) => nodes.flatMap((node, at) => (at ? [text, node] : [node]));
  const codes = (texts) => between((texts || []).map(code), ", ");
  const full = (name) => name.schema + "." + name.name;
  // A name may hold a dot; none holds this.
  const key = (schema, name) => schema + "\u0000" + name;

  // Everything that can be looked up.
  const schemas = facts.schemas;
  const relations = schemas.flatMap((s) => s.relations);
  const byName = new Map(relations.map((r) => [key(r.name.schema, r.name.name), r]));
  const types = new Map();
  const quoted = (name) => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : '"' + name.replaceAll('"', '""') + '"');
  for (const s of schemas) for (const t of [...(s.enums || []), ...(s.domains || [])]) {
    for (const key of [quoted(s.name) + "." + quoted(t.name), quoted(s.name) + '."' + t.name.replaceAll('"', '""') + '"']) types.set(key, { schema: s.name, type: t });
  }
  const address = (kind, ...names) => "#" + kind + "/" + names.map(encodeURIComponent).join("/");
  const link = (name, from) => {
    const shown = name.schema === from ? name.name : full(name);
    return byName.has(key(name.schema, name.name)) ? el("a", { href: address("table", name.schema, name.name) }, soft(shown)) : soft(shown);
  };
  const links = (names, from) => between(names.map((n) => link(n, from)), ", ");

  const whole = new Intl.NumberFormat("en");
  const count = (n) => (n === undefined || n === null ? el("span", { class: "none" }, "unknown") : n >= 1e6 ? "about " + whole.format(Number(n.toPrecision(3))) : whole.format(Math.round(n)));
  const bytes = (n) => {
    if (n === undefined || n === null) return el("span", { class: "none" }, "unknown");
    let unit = 0;
    const units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
    while (n >= 1023.5 && unit + 1 < units.length) { n /= 1024; unit += 1; }
    return (unit && n < 9.95 ? n.toFixed(1) : Math.round(n)) + " " + units[unit];
  };
  const share = (s) => (s === 0 ? "0%" : s === 1 ? "100%" : s < 0.001 ? "<0.1%" : s > 0.999 ? ">99.9%" : (s * 100).toFixed(1) + "%");
  const comment = (text) => (text ? el("td", { class: "comment" }, text) : el("td", { class: "comment" }));
  const place = (p) => code(p.path + ":" + p.line);

  const table = (heads, rows) => el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": heads.map((h) => h.replace("#", "")).join(", ") }, el("table", {},
    el("thead", {}, el("tr", {}, heads.map((h) => el("th", { scope: "col", class: h.startsWith("#") && h.length > 1 ? "number" : undefined }, h.startsWith("#") && h.length > 1 ? h.slice(1) : h)))),
    el("tbody", {}, rows)));
  const row = (...cells) => el("tr", {}, cells.map((c) => (c instanceof HTMLTableCellElement ? c : el("td", {}, c))));
  const number = (...content) => el("td", { class: "number" }, ...content);
  const named = (...content) => el("td", { class: "name" }, ...content);
  const part = (title, content) => [el("h2", {}, title), content];

  const crumbs = (schema, leaf) => el("p", { class: "crumbs" }, el("a", { href: "#" }, facts.name), " › ", leaf ? [el("a", { href: address("schema", schema) }, schema), " › ", leaf] : schema);
  const dataType = (text) => {
    const known = types.get(text.replace(/(\[\])+$/, "").replace(/\(.*\)$/, ""));
    if (!known) return code(text);
    const labels = known.type.labels;
    return [el("a", { href: address("type", known.schema, known.type.name) }, code(text)), labels ? el("span", { class: "labels" }, labels.slice(0, 12).join(", ") + (labels.length > 12 ? " … (" + labels.length + ")" : "")) : ""];
  };
  const places = (uses, more) => el("ul", { class: "places" }, uses.map((u) => el("li", {}, place(u), " ", el("span", { class: "muted" }, u.kind))), more ? el("li", { class: "muted" }, "and " + more + " more") : "");

  // Pages.
  const overview = () => {
    const sum = (key) => schemas.reduce((n, s) => n + s.coverage[key], 0);
    const covered = (have, all) => el("td", { class: "share" }, el("meter", { min: 0, max: all || 1, value: have, "aria-label": have + " of " + all }), " " + whole.format(have) + " of " + whole.format(all));
    const versions = facts.extensions.some((e) => e.version);
    return [
      el("h1", {}, "Data dictionary of " + facts.name),
      el("ul", { class: "facts" }, facts.server ? el("li", {}, facts.server) : "", el("li", {}, el("b", {}, whole.format(sum("relations"))), " tables and views"), el("li", {}, el("b", {}, whole.format(sum("columns"))), " columns"),
        facts.statistics ? "" : el("li", { class: "muted" }, "rows and sizes unknown: no statistics were read")),
      part("Schemas", table(["schema", "#tables and views", "#columns", "tables with comment", "columns with comment", "comment"], schemas.map((s) => row(
        named(el("a", { href: address("schema", s.name) }, s.name)), number(whole.format(s.coverage.relations)), number(whole.format(s.coverage.columns)),
        covered(s.coverage.relations_with, s.coverage.relations), covered(s.coverage.columns_with, s.coverage.columns), comment(s.comment))))),
      facts.statistics ? largest() : "",
      facts.extensions.length ? part("Extensions", table(["extension", ...(versions ? ["version"] : []), "schema"], facts.extensions.map((e) => row(named(e.name), ...(versions ? [e.version || ""] : []), e.schema)))) : "",
      facts.code ? part("Which code uses it", el("p", {}, whole.format(facts.code.files) + " files of the project were searched: " + facts.code.limits + ".")) : "",
      (facts.gaps || []).length ? part("Not known", el("ul", {}, facts.gaps.map((g) => el("li", {}, g)))) : "",
    ];
  };
  const largest = () => {
    const sized = relations.filter((r) => r.table_bytes !== undefined).sort((a, b) => b.table_bytes + (b.index_bytes || 0) - a.table_bytes - (a.index_bytes || 0)).slice(0, 10);
    if (!sized.length) return "";
    return part("Largest tables", table(["table", "#rows", "#table", "#indexes"], sized.map((r) => row(named(link(r.name, schemas.length === 1 ? r.name.schema : "")), number(count(r.rows)), number(bytes(r.table_bytes)), number(bytes(r.index_bytes))))));
  };

  const schemaPage = (s, type) => {
    const kind = (r) => (r.kind === "table" || r.kind === "view" ? "" : [" ", el("span", { class: "badge" }, r.kind.replace("-", " "))]);
    const rows = (all) => all.map((r) => row(named(link(r.name, s.name), kind(r)), number(r.columns.length), ...(facts.statistics ? [number(r.kind === "view" ? "" : count(r.rows))] : []), comment(r.comment)));
    const heads = facts.statistics ? ["name", "#columns", "#rows", "comment"] : ["name", "#columns", "comment"];
    const tables = s.relations.filter((r) => !r.kind.endsWith("view"));
    const views = s.relations.filter((r) => r.kind.endsWith("view"));
    const anchor = (t) => ({ id: "type-" + t.name, class: type === t.name ? "hit" : undefined });
    return [
      crumbs(s.name), el("h1", {}, "Schema " + s.name), s.comment ? el("p", { class: "comment lead" }, s.comment) : "",
      tables.length ? part("Tables", table(heads, rows(tables))) : "",
      views.length ? part("Views", table(heads, rows(views))) : "",
      (s.enums || []).length ? part("Enumerated types", table(["type", "labels", "used by", "comment"], s.enums.map((e) => el("tr", anchor(e), named(e.name), el("td", {}, codes(e.labels)), el("td", {}, e.used_by.slice(0, 12).join(", ") + (e.used_by.length > 12 ? " and " + (e.used_by.length - 12) + " more" : "")), comment(e.comment))))) : "",
      (s.domains || []).length ? part("Domains", table(["domain", "type", "null", "default", "checks", "used by", "comment"], s.domains.map((d) => el("tr", anchor(d), named(d.name), el("td", {}, dataType(d.base)), el("td", {}, d.not_null ? "no" : "yes"), el("td", {}, d.default ? code(d.default) : ""), el("td", {}, codes(d.checks)), el("td", {}, d.used_by.slice(0, 12).join(", ") + (d.used_by.length > 12 ? " and " + (d.used_by.length - 12) + " more" : "")), comment(d.comment))))) : "",
      (s.types || []).length ? part("Other types", table(["type", "definition", "comment"], s.types.map((t) => row(named(t.name), code(t.definition), comment(t.comment))))) : "",
      (s.functions || []).length ? part("Functions", table(["signature", "returns", "language", "kind", "security", "triggers of", "comment", "source"], s.functions.map((f) => row(named(code(f.signature)), f.result ? code(f.result) : "", f.language, f.kind === "function" ? f.volatility : f.kind, f.security_definer ? el("span", { class: "badge warn" }, "definer") : "invoker", links(f.triggers_of || [], s.name), comment(f.comment), f.source ? place(f.source) : "")))) : "",
    ];
  };

  const columnRow = (r, c, hit) => el("tr", { class: hit ? "hit" : undefined },
    number(c.ordinal), named(soft(c.name)), el("td", { class: "type" }, dataType(c.type)), el("td", {}, c.nullable === undefined ? "" : c.nullable ? "yes" : el("b", {}, "no")),
    el("td", { class: "default" }, c.made ? [el("span", { class: "badge" }, c.made), " "] : "", c.default ? code(c.default) : ""),
    el("td", { class: "keys" }, c.primary_key ? [el("span", { class: "badge key" }, "primary key"), " "] : "", c.unique && !c.primary_key ? [el("span", { class: "badge key" }, "unique"), " "] : "",
      (c.references || []).map(([table, column]) => el("div", {}, "→\u00a0", link(table, r.name.schema), soft("." + column)))),
    facts.statistics ? [number(c.figures ? share(c.figures.null_share) : ""), number(c.figures && c.figures.distinct !== undefined ? count(c.figures.distinct) : "")] : "",
    comment(c.comment));

  const relationPage = (r, hits) => {
    const schema = r.name.schema;
    const view = r.kind.endsWith("view");
    const heads = ["#", "column", "type", "null", "default", "keys", ...(facts.statistics ? ["#null share", "#distinct"] : []), "comment"];
    return [
      crumbs(schema, r.name.name),
      el("h1", {}, r.name.name, " ", el("span", { class: "badge" }, r.kind.replace("-", " "))),
      r.comment ? el("p", { class: "comment lead" }, r.comment) : el("p", { class: "none" }, "No comment."),
      el("ul", { class: "facts" },
        view ? "" : el("li", {}, r.primary_key ? ["primary key ", codes(r.primary_key)] : el("span", { class: "badge warn" }, "no primary key")),
        facts.statistics && r.kind !== "view" ? [el("li", {}, el("b", {}, count(r.rows)), " rows (estimate)"), el("li", {}, "table ", el("b", {}, bytes(r.table_bytes))), el("li", {}, "indexes ", el("b", {}, bytes(r.index_bytes)))] : "",
        r.partitioned_by ? el("li", {}, "partitioned by ", code(r.partitioned_by)) : "",
        r.row_security ? el("li", {}, "row level security " + r.row_security) : "",
        r.inherits ? el("li", {}, "inherits ", links(r.inherits, schema)) : "",
        r.source ? el("li", {}, "made in ", place(r.source)) : ""),
      el("div", { class: "columns" }, table(heads, r.columns.map((c) => columnRow(r, c, hits && hits(c))))),
      r.foreign_keys ? part("Foreign keys", table(["name", "columns", "references", "actions", "comment"], r.foreign_keys.map((k) => row(named(k.name, k.validated ? "" : [" ", el("span", { class: "badge warn" }, "not validated")]), codes(k.columns), [link(k.table, schema), " (", codes(k.referenced), ")"], k.actions || "", comment(k.comment))))) : "",
      r.referenced_by ? part("Referenced by", table(["table", "columns", "constraint", "actions"], r.referenced_by.map((k) => row(named(link(k.table, schema)), codes(k.columns), k.name, k.actions || "")))) : "",
      r.unique || r.checks ? part("Constraints", table(["name", "definition", "comment"], [...(r.unique || []).map((u) => row(named(u.name), ["unique (", codes(u.columns), ")"], comment(u.comment))), ...(r.checks || []).map((c) => row(named(c.name, c.validated ? "" : [" ", el("span", { class: "badge warn" }, "not validated")]), code(c.definition), comment(c.comment)))])) : "",
      r.indexes && r.indexes.length ? part("Indexes", table(["name", "keys", "method", "properties", ...(facts.statistics ? ["#size"] : []), "comment"], r.indexes.map((i) => row(named(i.name), codes(i.keys), i.method,
        [i.constraint ? [el("span", { class: "badge key" }, "backs a constraint"), " "] : i.unique ? [el("span", { class: "badge key" }, "unique"), " "] : "", i.include ? ["includes ", codes(i.include), " "] : "", i.predicate ? ["where ", code(i.predicate), " "] : "", i.valid ? "" : el("span", { class: "badge warn" }, "invalid")],
        ...(facts.statistics ? [number(bytes(i.bytes))] : []), comment(i.comment))))) : "",
      r.policies ? part("Policies", [r.row_security ? "" : el("p", {}, "Row level security is off: these policies have no effect."), table(["name", "command", "roles", "using", "with check", "comment"], r.policies.map((p) => row(named(p.name), p.command + (p.permissive ? "" : " (restrictive)"), p.roles.join(", "), p.using ? code(p.using) : "", p.with_check ? code(p.with_check) : "", comment(p.comment))))]) : "",
      r.triggers ? part("Triggers", table(["name", "fires", "calls", "comment"], r.triggers.map((t) => row(named(t.name, t.enabled ? "" : [" ", el("span", { class: "badge warn" }, "disabled")]), t.when, code(full(t.function)), comment(t.comment))))) : "",
      r.partitions ? part("Partitions (" + r.partitions.length + ")", table(["partition", "bound"], r.partitions.slice(0, 200).map(([name, bound]) => row(named(full(name)), code(bound))))) : "",
      r.reads ? part("Reads", el("p", {}, links(r.reads, schema))) : "",
      r.read_by ? part("Read by views", el("p", {}, links(r.read_by, schema))) : "",
      r.definition ? part("Definition", el("pre", { tabindex: "0" }, el("code", {}, r.definition))) : "",
      r.uses ? part("Used by code", places(r.uses, r.more_uses)) : "",
      r.columns.some((c) => c.uses) ? part("Columns used by code", table(["column", "places"], r.columns.filter((c) => c.uses).map((c) => row(named(c.name), places(c.uses, c.more_uses))))) : "",
    ];
  };

  // The list: only what is seen is in the document.
  let items = [];
  let active = -1;
  let shown = null;
  const lower = (text) => (text || "").toLowerCase();
  const index = relations.map((r) => ({ r, name: lower(full(r.name)), own: lower(r.name.name), columns: lower(r.columns.map((c) => c.name).join("\n")), types: lower(r.columns.map((c) => c.type).join("\n")), comments: lower([r.comment, ...r.columns.map((c) => c.comment)].filter(Boolean).join("\n")) }));
  const ranked = (query) => {
    const ranks = [[], [], [], [], [], []];
    for (const entry of index) {
      if (entry.own === query) ranks[0].push({ r: entry.r });
      else if (entry.own.startsWith(query)) ranks[1].push({ r: entry.r });
      else if (entry.name.includes(query)) ranks[2].push({ r: entry.r });
      else if (entry.columns.includes(query)) ranks[3].push({ r: entry.r, why: (entry.r.columns.find((c) => lower(c.name).includes(query)) || {}).name });
      else if (entry.types.includes(query)) ranks[4].push({ r: entry.r, why: "type" });
      else if (entry.comments.includes(query)) ranks[5].push({ r: entry.r, why: "comment" });
    }
    return ranks.flat();
  };
  const fill = () => {
    const query = lower(search.value.trim());
    if (query) {
      items = ranked(query);
      found.textContent = items.length === 1 ? "1 match" : whole.format(items.length) + " matches";
    } else {
      items = schemas.flatMap((s) => (schemas.length > 1 ? [{ schema: s.name }] : []).concat(s.relations.map((r) => ({ r }))));
      found.textContent = whole.format(relations.length) + " tables and views";
    }
    active = query && items.length ? 0 : -1;
    list.style.height = items.length * ROW + "px";
    scroll.scrollTop = 0;
    draw();
  };
  const draw = () => {
    const first = Math.max(0, Math.floor(scroll.scrollTop / ROW) - 5);
    const last = Math.min(items.length, first + Math.ceil(scroll.clientHeight / ROW) + 10);
    const query = search.value.trim();
    list.replaceChildren(...items.slice(first, last).map((item, at) => {
      const n = first + at;
      const top = { style: "top:" + n * ROW + "px" };
      if (item.schema !== undefined) return el("div", { ...top, class: "group", role: "presentation" }, el("a", { href: address("schema", item.schema), tabindex: "-1" }, item.schema));
      const label = query && schemas.length > 1 ? full(item.r.name) : item.r.name.name;
      return el("div", { ...top, id: "item-" + n, role: "option", "aria-selected": String(n === active), class: "item" + (n === active ? " active" : "") + (item.r === shown ? " shown" : ""), "aria-posinset": n + 1, "aria-setsize": items.length, title: full(item.r.name) },
        el("a", { href: address("table", item.r.name.schema, item.r.name.name), tabindex: "-1" }, label, item.why ? el("span", { class: "why" }, "  " + item.why) : ""));
    }));
    if (active >= 0) search.setAttribute("aria-activedescendant", "item-" + active);
    else search.removeAttribute("aria-activedescendant");
  };
  const move = (by) => {
    let next = active;
    do next += by; while (items[next] && items[next].schema !== undefined);
    if (!items[next]) return;
    active = next;
    if (active * ROW < scroll.scrollTop) scroll.scrollTop = active * ROW;
    if ((active + 1) * ROW > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = (active + 1) * ROW - scroll.clientHeight;
    draw();
  };

  const open = () => {
    const [kind, ...names] = location.hash.slice(1).split("/").map((part) => { try { return decodeURIComponent(part); } catch { return part; } });
    const relation = kind === "table" ? byName.get(key(names[0], names[1])) : undefined;
    const schema = kind === "schema" || kind === "type" ? schemas.find((s) => s.name === names[0]) : undefined;
    if (kind === "main") return;
    const query = lower(search.value.trim());
    const hits = query ? (c) => lower(c.name).includes(query) || lower(c.type).includes(query) || lower(c.comment).includes(query) : undefined;
    shown = relation || null;
    const content = relation ? relationPage(relation, hits) : schema ? schemaPage(schema, names[1]) : overview();
    main.replaceChildren(...content.flat(4).filter((node) => node !== "" && node !== undefined));
    document.title = visible((relation ? full(relation.name) + " · " : schema ? schema.name + " · " : "") + facts.name) + " · Data dictionary";
    main.scrollTop = 0;
    if (kind === "type") { const there = document.getElementById("type-" + names[1]); if (there) there.scrollIntoView({ block: "center" }); }
    else if (!relation) scrollTo(0, 0);
    draw();
  };

  search.addEventListener("input", fill);
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter" && items[active] && items[active].r) {
      const target = address("table", items[active].r.name.schema, items[active].r.name.name);
      if (location.hash === target) open(); else location.hash = target;
    }
    else if (event.key === "Escape") { search.value = ""; fill(); }
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); search.focus(); search.select(); }
  });
  scroll.addEventListener("scroll", draw, { passive: true });
  addEventListener("resize", draw);
  addEventListener("hashchange", open);
  fill();
  open();
})();
