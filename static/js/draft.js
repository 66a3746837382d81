// A safety net under the form: what was typed stays in this browser until it has been sent.
(function () {
  "use strict";
  var form = document.querySelector("form[data-draft]");

  function forget(prefix) {
    try {
      Object.keys(localStorage).forEach(function (key) { if (key.startsWith(prefix)) localStorage.removeItem(key); });
    } catch (refused) { /* nothing was kept then */ }
  }
  document.querySelectorAll("[data-draft-sent]").forEach(function (mark) { forget(mark.dataset.draftSent); });
  document.addEventListener("submit", function (event) {
    // Who signs out leaves nothing behind on a shared machine.
    if (event.target.matches("[data-forgets]")) forget("prometheus-draft:");
  });
  if (!form) return;

  var key = form.dataset.draft;
  function values() {
    var kept = {};
    new FormData(form).forEach(function (value, name) {
      if (name !== "csrfmiddlewaretoken" && typeof value === "string") (kept[name] = kept[name] || []).push(value);
    });
    return kept;
  }
  function keep(kept, saved) {
    try { localStorage.setItem(key, JSON.stringify({ at: Date.now(), saved: saved, values: kept })); } catch (full) { /* the server has it */ }
  }
  function restore(kept) {
    Array.from(form.elements).forEach(function (field) {
      if (!field.name || field.name === "csrfmiddlewaretoken") return;
      var wanted = kept[field.name] || [];
      if (field.type === "checkbox" || field.type === "radio") field.checked = wanted.includes(field.value);
      else if (field.type !== "submit" && field.type !== "hidden") field.value = wanted[0] || "";
    });
  }
  function texts(kept) {
    return Object.keys(kept).filter(function (name) { return kept[name].join("").trim(); }).length;
  }
  try {
    var stored = JSON.parse(localStorage.getItem(key) || "null");
    var same = stored && JSON.stringify(stored.values) === JSON.stringify(values());
    // The server confirms every change; only what it never received is worth bringing back.
    if (stored && !stored.saved && !same && stored.at > Number(form.dataset.savedAt || 0) && texts(stored.values)) {
      restore(stored.values);
      window.desk.announce(form.dataset.restored);
      form.dispatchEvent(new Event("input", { bubbles: true }));
    }
  } catch (refused) { localStorage.removeItem(key); }
  form.addEventListener("input", function () {
    keep(values(), false);
  });
  var sent = "";
  document.addEventListener("htmx:beforeRequest", function (event) {
    if (event.detail.elt.id === "saved") sent = JSON.stringify(values());
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    var answer = new URL(event.detail.xhr.responseURL || location.href);
    if (event.detail.elt.id !== "saved" || !event.detail.successful || answer.pathname === document.body.dataset.signIn) return;
    // Typed on since then: the next saving confirms that.
    if (sent === JSON.stringify(values())) keep(values(), true);
  });

  // How many texts the chosen places, languages and variants make.
  var count = document.getElementById("text-count");
  function recount() {
    if (!count) return;
    var places = form.querySelectorAll("input[type=checkbox]:checked:not([name=languages])").length;
    var languages = form.querySelectorAll("input[name=languages]:checked").length || 1;
    var variants = form.querySelector("input[name=variants]:checked");
    var total = places * languages * Number(variants ? variants.value : 0);
    count.textContent = count.dataset.words.replace("%s", String(total));
    count.hidden = !total;
  }
  form.addEventListener("input", recount);
  recount();
})();
