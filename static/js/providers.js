// The list of providers: rows change places by dragging or by their buttons; and what htmx brings back on these pages.
(function () {
  "use strict";

  function rows() {
    return Array.from(document.querySelectorAll("#result_list tbody tr")).filter(function (row) {
      return row.querySelector(".order");
    });
  }

  function say(text) {
    var place = document.getElementById("said");
    if (place) place.textContent = text;
  }

  // One POST with the ids in their order; the numbers that come back are the truth.
  function save() {
    var list = rows();
    var body = new FormData();
    body.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    list.forEach(function (row) { body.append("order", row.querySelector(".order").dataset.provider); });
    fetch(list[0].querySelector(".order").dataset.save, {
      method: "POST", body: body, headers: { Accept: "application/json" }, redirect: "error"
    }).then(function (answer) {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.json();
    }).then(function (saved) {
      list.forEach(function (row) {
        var field = row.querySelector("input[name$='-priority']");
        var number = saved.priorities[row.querySelector(".order").dataset.provider];
        if (field && number) field.value = number;
      });
      say(saved.said);
    }).catch(function () { location.reload(); });
  }

  function move(row, up) {
    var list = rows();
    var there = list[list.indexOf(row) + (up ? -1 : 1)];
    if (!there) return false;
    if (up) there.before(row);
    else there.after(row);
    return true;
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("button.move");
    if (!button) return;
    event.preventDefault();
    if (move(button.closest("tr"), button.value.startsWith("up:"))) save();
    button.focus();
  });

  document.addEventListener("pointerdown", function (event) {
    var handle = event.target.closest(".handle");
    if (!handle || event.button !== 0) return;
    event.preventDefault();
    var row = handle.closest("tr");
    var before = rows().indexOf(row);
    row.classList.add("dragged");
    // Listening on the whole page: a row that moves in it loses a pointer that it had captured.
    function drag(moved) {
      var over = rows().find(function (one) {
        var box = one.getBoundingClientRect();
        return one !== row && moved.clientY >= box.top && moved.clientY < box.bottom;
      });
      if (!over) return;
      var list = rows();
      if (list.indexOf(over) < list.indexOf(row)) over.before(row);
      else over.after(row);
    }
    function drop() {
      document.removeEventListener("pointermove", drag);
      document.removeEventListener("pointerup", drop);
      document.removeEventListener("pointercancel", drop);
      row.classList.remove("dragged");
      if (rows().indexOf(row) !== before) save();
    }
    document.addEventListener("pointermove", drag);
    document.addEventListener("pointerup", drop);
    document.addEventListener("pointercancel", drop);
  });

  // Typing in the catalogue narrows it at once; keys that were typed stay where they are.
  function narrow(words) {
    var wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    document.querySelectorAll("[data-search]").forEach(function (vendor) {
      vendor.hidden = !wanted.every(function (word) { return vendor.dataset.search.includes(word); });
    });
    document.querySelectorAll(".vendor-group").forEach(function (group) {
      group.hidden = !group.querySelector("[data-search]:not([hidden])");
    });
    var none = document.getElementById("no-vendor");
    if (none) none.hidden = Boolean(document.querySelector("[data-search]:not([hidden])"));
  }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll(".handle").forEach(function (handle) { handle.hidden = false; });
    var field = document.getElementById("vendor-search");
    if (field) field.addEventListener("input", function () { narrow(field.value); });
  });

  // The sign-in page in place of an answer means that the session ended: show it.
  document.addEventListener("htmx:beforeSwap", function (event) {
    var asked = event.detail.requestConfig.path.split("?")[0];
    var answered = event.detail.xhr.responseURL;
    if (answered && new URL(answered).pathname !== asked) {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });
  ["htmx:responseError", "htmx:sendError"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      event.detail.target.textContent = document.querySelector("meta[name=failed]").content;
    });
  });
})();
