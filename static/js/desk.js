// What every page needs: copying, announcements, menus that close, focus after a swap, and an expired session.
(function () {
  "use strict";

  function announce(text) {
    var place = document.getElementById("announcements");
    if (!place || !text) return;
    var toast = document.createElement("p");
    toast.className = "toast-line";
    toast.textContent = text;
    place.append(toast);
    setTimeout(function () { toast.remove(); }, 5000);
  }

  function copyText(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    // On plain http beyond localhost the clipboard API is closed.
    var area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    var copied = document.execCommand("copy");
    area.remove();
    return copied ? Promise.resolve() : Promise.reject(new Error("refused"));
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) return;
    var source = document.getElementById(button.dataset.copy);
    if (!source) return;
    copyText("value" in source ? source.value : source.textContent).then(
      function () { announce(button.dataset.copied); },
      function () { announce(button.dataset.refused); }
    );
  });

  // Menus are <details>: close them on a click elsewhere and on Escape, and give the focus back.
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  document.addEventListener("submit", function (event) {
    var form = event.target;
    // A sign-in in another tab changes the token; the cookie has the one that counts.
    var token = cookie("csrftoken");
    var field = form.querySelector("input[name=csrfmiddlewaretoken]");
    if (token && field) field.value = token;
    var button = form.querySelector("button[data-busy]");
    if (button && !event.defaultPrevented) {
      button.setAttribute("aria-disabled", "true");
      button.querySelector("span").textContent = button.dataset.busy;
    }
    if (form.hasAttribute("data-sent")) event.preventDefault();
    else if (button) form.setAttribute("data-sent", "");
  });
  // A page that comes back from the browser's memory may be sent again.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted && document.querySelector("[data-sent]")) location.reload();
  });

  function cookie(name) {
    var found = document.cookie.split("; ").find(function (pair) { return pair.startsWith(name + "="); });
    return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
  }

  document.addEventListener("htmx:configRequest", function (event) {
    var token = cookie("csrftoken");
    if (token) event.detail.headers["X-CSRFToken"] = token;
  });

  function notice(id) {
    var banner = document.getElementById(id);
    if (banner) banner.hidden = false;
  }

  // The sign-in page in place of an answer means that the session ended: say so and leave the page as it is.
  document.addEventListener("htmx:beforeSwap", function (event) {
    var signIn = document.body.dataset.signIn;
    var address = event.detail.xhr.responseURL;
    if (signIn && address && new URL(address).pathname === signIn) {
      event.detail.shouldSwap = false;
      notice("session-ended");
    }
  });
  document.addEventListener("htmx:responseError", function (event) {
    if (event.detail.xhr.status === 403) notice("session-ended");
    else announce(document.body.dataset.failed);
  });
  document.addEventListener("htmx:sendError", function () { notice("offline"); });
  document.addEventListener("htmx:afterOnLoad", function () {
    var banner = document.getElementById("offline");
    if (banner) banner.hidden = true;
  });

  // An answer can carry words for the screen reader and a place for the focus.
  document.addEventListener("htmx:afterSettle", function (event) {
    var root = event.detail.elt || event.target;
    if (!root || !root.querySelector) return;
    var wanted = root.matches("[data-focus]") ? root : root.querySelector("[data-focus]");
    if (wanted) {
      wanted.removeAttribute("data-focus");
      wanted.focus();
    }
    var said = root.matches("[data-announce]") ? root : root.querySelector("[data-announce]");
    if (said) {
      announce(said.dataset.announce);
      said.removeAttribute("data-announce");
    }
    document.querySelectorAll("[data-marks]").forEach(function (block) {
      var fields = document.getElementsByName(block.dataset.marks);
      fields.forEach(function (field) {
        if (block.querySelector(".field-error")) field.setAttribute("aria-invalid", "true");
        else field.removeAttribute("aria-invalid");
      });
    });
  });

  document.addEventListener("DOMContentLoaded", function () {
    var summary = document.querySelector("[data-focus]");
    if (summary) summary.focus();
    document.querySelectorAll("#announcements .toast-line").forEach(function (toast) {
      setTimeout(function () { toast.remove(); }, 8000);
    });
  });

  window.desk = { announce: announce };
})();
