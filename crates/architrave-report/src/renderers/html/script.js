(function () {
  "use strict";
  var root = document.documentElement;
  var all = function (what, where) { return Array.prototype.slice.call((where || document).querySelectorAll(what)); };
  var form = document.getElementById("filter");
  var rows = all("tr[data-finding]");
  var articles = {};
  all("article.finding").forEach(function (article) { articles[article.id] = article; });
  var words = {};

  // The filter, as its fields say it. The address says the same after its "#", so that a link keeps it.
  var fields = function () {
    var said = new URLSearchParams();
    var boxes = all("[name=severity]", form);
    var on = boxes.filter(function (box) { return box.checked; });
    if (on.length < boxes.length) { said.set("severity", on.map(function (box) { return box.value; }).join(",")); }
    all("select", form).forEach(function (select) {
      if (select.value) { said.set(select.name, select.value); }
      select.classList.toggle("set", select.value !== "");
    });
    if (form.q.value.trim()) { said.set("q", form.q.value.trim()); }
    return said;
  };
  var setFields = function (said) {
    var severity = said.has("severity") ? said.get("severity").split(",") : null;
    all("[name=severity]", form).forEach(function (box) { box.checked = !severity || severity.indexOf(box.value) >= 0; });
    all("select", form).forEach(function (select) {
      var value = said.get(select.name) || "";
      select.value = all("option", select).some(function (option) { return option.value === value; }) ? value : "";
    });
    form.q.value = said.get("q") || "";
  };
  var text = function (row) {
    var id = row.dataset.finding;
    if (!(id in words)) { words[id] = (row.textContent + " " + row.dataset.rule + " " + (articles[id] ? articles[id].textContent : "")).toLowerCase(); }
    return words[id];
  };
  var button = function (label, act) {
    var made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.addEventListener("click", act);
    return made;
  };
  // A long run by one rule is folded in the list; a filter shows all that it finds.
  var table = document.querySelector("table.index");
  var fold = function () {
    var run = [];
    var close = function () {
      if (run.length <= 8) { return; }
      run.slice(5).forEach(function (row) { row.classList.add("folded"); });
      var line = document.createElement("tr");
      line.className = "unfold";
      var cell = line.appendChild(document.createElement("td"));
      cell.colSpan = 5;
      cell.append(button(run.length - 5 + " more of " + run[0].dataset.rule, function () {
        run.forEach(function (row) { row.classList.remove("folded"); });
        run[5].querySelector("a").focus();
        line.remove();
      }));
      run[run.length - 1].after(line);
    };
    rows.forEach(function (row, n) {
      if (n && rows[n - 1].dataset.rule !== row.dataset.rule) { close(); run = []; }
      run.push(row);
    });
    close();
  };
  var apply = function () {
    var said = fields();
    var severity = said.has("severity") ? said.get("severity").split(",") : null;
    var sought = (said.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean);
    var left = 0;
    rows.forEach(function (row) {
      var data = row.dataset;
      var fits = (!severity || severity.indexOf(data.severity) >= 0) &&
        ["area", "effort", "proof", "change", "rule"].every(function (name) { return !said.has(name) || said.get(name) === data[name]; }) &&
        sought.every(function (word) { return text(row).indexOf(word) >= 0; });
      row.hidden = !fits;
      if (articles[data.finding]) { articles[data.finding].hidden = !fits; }
      if (fits) { left += 1; }
    });
    var any = said.toString() !== "";
    if (table) {
      table.classList.toggle("folding", !any);
      all("tr.unfold", table).forEach(function (line) { line.hidden = any; });
    }
    all("details.run-of-rule").forEach(function (run) {
      run.hidden = !run.querySelector("article:not([hidden])");
      if (any) { run.open = true; }
    });
    document.getElementById("shown").textContent = any ? left + " of " + rows.length + " findings" : rows.length + " findings";
    document.getElementById("clear").hidden = !any;
    document.getElementById("nothing").hidden = left > 0;
    return said;
  };
  var write = function (said, at) {
    if (at) { said.set("at", at); }
    var hash = said.toString();
    history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
  };
  var isFilter = function (hash) { return hash.indexOf("=") > 0; };

  // Opens everything that a place is folded into.
  var open = function (place) {
    for (var at = place; at; at = at.parentElement) { if (at.tagName === "DETAILS") { at.open = true; } }
    var own = place.querySelector(":scope > details");
    if (own) { own.open = true; }
  };
  var show = function (id) {
    var place = document.getElementById(id);
    if (!place) { return; }
    if (place.hidden) { setFields(new URLSearchParams()); apply(); }
    open(place);
    place.scrollIntoView();
    all(".here").forEach(function (other) { other.classList.remove("here"); });
    place.classList.add("here");
  };
  var follow = function () {
    var hash = location.hash.slice(1);
    if (!hash) { return; }
    if (form && isFilter(hash)) {
      var said = new URLSearchParams(hash);
      setFields(said);
      apply();
      show(said.get("at") || "findings");
    } else {
      show(decodeURIComponent(hash));
      if (form) {
        var now = fields();
        if (now.toString()) { write(now, decodeURIComponent(hash)); }
      }
    }
  };

  if (form) {
    form.hidden = false;
    root.classList.add("filtering");
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    form.addEventListener("input", function () { write(apply()); });
    document.getElementById("clear").addEventListener("click", function () {
      setFields(new URLSearchParams());
      write(apply());
      form.q.focus();
    });
    var unfold = document.getElementById("unfold");
    unfold.addEventListener("click", function () {
      var closing = unfold.textContent === "Close all";
      all("article.finding > details, details.action").forEach(function (one) { one.open = !closing; });
      unfold.textContent = closing ? "Open all" : "Close all";
    });
    all("[data-filter]").forEach(function (link) {
      link.addEventListener("click", function (event) {
        event.preventDefault();
        setFields(new URLSearchParams(link.dataset.filter));
        write(apply());
        document.getElementById("findings").scrollIntoView();
      });
    });
    fold();
    apply();
  }
  addEventListener("hashchange", follow);

  // Keys: "/" searches, "j" and "k" go from finding to finding, arrows through the list.
  var keys = true;
  var step = function (by) {
    var list = all("article.finding:not([hidden])");
    if (!list.length) { return; }
    var here = list.indexOf(document.activeElement.closest("article.finding"));
    if (here < 0) {
      var below = list.findIndex(function (article) { return article.getBoundingClientRect().top > 0; });
      here = below < 0 ? list.length - 1 : below - (by > 0 ? 1 : 0);
    }
    var next = list[Math.max(0, Math.min(list.length - 1, here + by))];
    open(next);
    next.querySelector("summary").focus({ preventScroll: true });
    next.scrollIntoView();
  };
  var along = function (row, by) {
    var list = rows.filter(function (one) { return one.offsetParent; });
    var next = list[list.indexOf(row) + by];
    if (next) { next.querySelector("a").focus(); }
  };
  document.addEventListener("keydown", function (event) {
    var at = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (event.key === "Escape" && form && at === form.q) { form.q.value = ""; write(apply()); form.q.blur(); return; }
    if (!keys || /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName)) { return; }
    var row = at.closest && at.closest("tr[data-finding]");
    if (event.key === "/" && form) { form.q.focus(); form.q.select(); }
    else if (event.key === "j") { step(1); }
    else if (event.key === "k") { step(-1); }
    else if (row && event.key === "ArrowDown") { along(row, 1); }
    else if (row && event.key === "ArrowUp") { along(row, -1); }
    else { return; }
    event.preventDefault();
  });

  // What only makes sense with a script is made by it.
  var contents = document.querySelector("nav.contents details");
  if (contents) {
    if (matchMedia("(max-width: 60rem)").matches) { contents.open = false; }
    contents.querySelector("summary").addEventListener("click", function (event) {
      if (!matchMedia("(max-width: 60rem)").matches) { event.preventDefault(); }
    });
    var tools = document.createElement("div");
    tools.className = "tools";
    var theme = button("Dark or light", function () {
      var dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
    });
    var toggle = button("Keys: on", function () {
      keys = !keys;
      toggle.textContent = keys ? "Keys: on" : "Keys: off";
    });
    var help = document.createElement("p");
    help.innerHTML = "<kbd>/</kbd> search, <kbd>j</kbd> <kbd>k</kbd> next and previous finding, <kbd>Esc</kbd> clears the search";
    tools.append(theme, toggle, help);
    contents.append(tools);
  }
  all("div.sql").forEach(function (box) {
    var copy = button("Copy", function () {
      var code = box.querySelector("code");
      var done = function () {
        copy.textContent = "Copied";
        setTimeout(function () { copy.textContent = "Copy"; }, 1500);
      };
      var select = function () {
        var range = document.createRange();
        range.selectNodeContents(code);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        if (document.execCommand("copy")) { done(); }
      };
      if (navigator.clipboard && window.isSecureContext) { navigator.clipboard.writeText(code.textContent).then(done, select); } else { select(); }
    });
    copy.setAttribute("aria-label", "Copy this SQL");
    box.append(copy);
  });
  addEventListener("beforeprint", function () { all("details").forEach(function (one) { one.open = true; }); });
  follow();
})();
