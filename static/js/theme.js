// Sets the colour scheme before the first paint, so that nothing flashes. Loaded early and blocking.
(function () {
  "use strict";
  var key = "prometheus-theme";
  function stored() {
    try { return localStorage.getItem(key); } catch (refused) { return null; }
  }
  function apply(choice) {
    var root = document.documentElement;
    if (choice === "light" || choice === "dark") root.setAttribute("data-bs-theme", choice);
    else root.removeAttribute("data-bs-theme");
    document.querySelectorAll("[data-theme-choice]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === (choice || "auto")));
    });
  }
  apply(stored());
  document.addEventListener("DOMContentLoaded", function () {
    apply(stored());
    document.addEventListener("click", function (event) {
      var button = event.target.closest("[data-theme-choice]");
      if (!button) return;
      var choice = button.dataset.themeChoice;
      try {
        if (choice === "auto") localStorage.removeItem(key);
        else localStorage.setItem(key, choice);
      } catch (refused) { /* the choice then lasts for this page */ }
      apply(choice);
    });
  });
})();
