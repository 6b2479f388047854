// What pages do beyond htmx: times in the reader's zone, keys, and being told
// that something has arrived.
"use strict";
(() => {
  const lang = document.documentElement.lang === "zh" ? "zh-CN" : "en-GB";
  const full = new Intl.DateTimeFormat(lang, {dateStyle: "medium", timeStyle: "medium"});
  const near = new Intl.RelativeTimeFormat(lang, {numeric: "auto"});

  const day = {month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false};
  const short = new Intl.DateTimeFormat(lang, day), older = new Intl.DateTimeFormat(lang, {...day, year: "numeric", second: undefined});

  function brief(at) { return (at.getFullYear() === new Date().getFullYear() ? short : older).format(at).replace(",", ""); }
  function relative(at) {
    const s = Math.round((at - Date.now()) / 1000);
    for (const [unit, n] of [["day", 86400], ["hour", 3600], ["minute", 60]])
      if (Math.abs(s) >= n) return near.format(Math.trunc(s / n), unit);
    return near.format(s, "second");
  }
  function showTimes() {
    for (const t of document.querySelectorAll("time[datetime]")) {
      const at = new Date(t.dateTime);
      if (isNaN(at)) continue;
      t.textContent = "relative" in t.dataset ? relative(at) : "short" in t.dataset ? brief(at) : full.format(at);
      t.title = full.format(at) + " · " + t.dateTime;
    }
  }

  // The selected row survives an update of the list, and the way into an
  // incident and back. Its link has the focus, so that it is read aloud.
  const list = document.querySelector(".filter") !== null;
  let at = list ? sessionStorage.getItem("at") : null;
  const rows = () => [...document.querySelectorAll("tr[data-open]")];
  function select(row, focus) {
    for (const r of rows()) r.classList.toggle("at", r === row);
    if (!row) return;
    at = row.id;
    row.scrollIntoView({block: "nearest"});
    if (focus) row.querySelector("a").focus({preventScroll: true});
  }
  if (at) select(document.getElementById(at));
  const back = document.querySelector("[data-back]");
  if (back) back.href = sessionStorage.getItem("list") || back.href;
  addEventListener("pagehide", () => {
    if (!list) return;
    sessionStorage.setItem("list", location.pathname + location.search);
    if (at) sessionStorage.setItem("at", at);
  });
  addEventListener("pageshow", e => { if (e.persisted) location.reload(); });

  function move(by) {
    const all = rows();
    if (!all.length) return;
    const now = all.findIndex(r => r.id === at);
    select(all[Math.min(Math.max(now + by, 0), all.length - 1)], true);
  }

  let known = new Set(rows().map(r => r.id));
  let focused = false, open = [];
  document.addEventListener("htmx:beforeSwap", () => {
    focused = document.activeElement.closest("tr[data-open]") !== null;
    open = [...document.querySelectorAll("details[id][open]")].map(d => [d.id, d.contains(document.activeElement)]);
  });
  document.addEventListener("htmx:afterSwap", () => {
    showTimes();
    showPicked();
    for (const [id, here] of open) { // what somebody unfolded stays so
      const d = document.getElementById(id);
      if (d) { d.open = true; if (here) d.querySelector("summary").focus(); }
    }
    for (const r of rows()) if (known.size && !known.has(r.id)) r.classList.add("new");
    known = new Set(rows().map(r => r.id));
    if (at) select(document.getElementById(at), focused);
  });
  // htmx gives rows that were there before their attributes a moment after the
  // swap: what was selected in that moment would be lost.
  document.addEventListener("htmx:afterSettle", () => { if (at) select(document.getElementById(at)); });

  document.addEventListener("click", e => {
    const row = e.target.closest("tr[data-open]");
    if (row && !e.target.closest("a,button,.pick") && getSelection().isCollapsed) { at = row.id; location.href = row.dataset.open; }
  });

  // What is picked is done together; rows are picked with the mouse or with x.
  const picks = () => [...document.querySelectorAll(".pick [name=id]")];
  const picked = () => picks().filter(p => p.checked).length;
  function showPicked() {
    const n = document.querySelector("[data-picked]"), all = document.querySelector("[data-all]");
    if (!n) return;
    n.textContent = picked();
    all.checked = picked() === picks().length;
    all.indeterminate = picked() > 0 && !all.checked;
  }
  document.addEventListener("change", e => {
    if (e.target.matches("[data-all]")) for (const p of picks()) p.checked = e.target.checked;
    if (e.target.closest(".pick")) { showPicked(); document.dispatchEvent(new Event("selectionchange")); }
  });

  // Choosing a language comes back to the list as it is filtered by now.
  document.addEventListener("submit", e => {
    const to = e.target.elements.back;
    if (to && location.pathname !== "/login" && !location.pathname.startsWith("/setup/")) to.value = location.pathname + location.search;
  });

  let went = 0;
  document.addEventListener("keydown", e => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const typing = e.target.closest("input,select,textarea");
    if (typing) { if (e.key === "Escape") e.target.blur(); return; }
    const going = Date.now() - went < 1000;
    const keys = {
      j: () => move(1), k: () => move(-1),
      Enter: () => { const r = at && document.getElementById(at); if (r && !e.target.closest("a,button")) location.href = r.dataset.open; },
      u: () => { if (back) location.href = back.href; },
      x: () => { const p = at && document.getElementById(at)?.querySelector(".pick input"); if (p) p.click(); },
      "/": () => { const q = document.getElementById("q"); if (q) { e.preventDefault(); q.focus(); q.select(); } },
      "?": () => { const d = document.getElementById("keys"); if (d && !d.open) d.showModal(); },
      g: () => { went = Date.now(); },
      i: () => { if (going) location.href = "/incidents"; },
      f: () => { if (going) location.href = "/fleet"; },
    };
    if (keys[e.key]) keys[e.key]();
  });

  const stream = document.body.dataset.live;
  if (stream) {
    const source = new EventSource(stream);
    source.addEventListener("open", () => document.body.classList.add("online"));
    source.addEventListener("error", () => document.body.classList.remove("online"));
    // Nobody loses what they are just marking to copy, or have picked.
    let waiting = false;
    const marking = () => { if (picked()) return true; const s = getSelection(), c = document.getElementById("changing"); return !s.isCollapsed && c && c.contains(s.anchorNode); };
    const arrived = () => { waiting = marking(); if (!waiting) htmx.trigger(document.body, "arrived"); };
    // What arrives while a list is on its way, or is just taking the place of the
    // one before, is not in it and finds nobody to tell: it is asked for again.
    let news = 0;
    document.addEventListener("htmx:beforeSend", e => { e.detail.xhr.news = news; });
    document.addEventListener("htmx:afterSettle", e => { if (e.detail.xhr?.news < news) arrived(); });
    source.addEventListener("arrived", () => { news++; arrived(); });
    document.addEventListener("selectionchange", () => { if (waiting && !marking()) arrived(); });
    addEventListener("pagehide", () => source.close());
  }
  showTimes();
  setInterval(showTimes, 15000);
})();
