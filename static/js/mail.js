// The preview of an e-mail: as on a computer, on a phone, and in the dark.
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-mail] button");
    if (!button) return;
    var preview = button.closest("[data-mail]");
    var frame = preview.querySelector("iframe");
    if (button.hasAttribute("data-mail-dark")) {
      var dark = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(dark));
      var address = new URL(frame.src);
      address.search = dark ? "?dark=1" : "";
      frame.src = address.href;
      return;
    }
    preview.querySelectorAll("[data-mail-width]").forEach(function (one) { one.setAttribute("aria-pressed", String(one === button)); });
    preview.classList.toggle("phone", button.dataset.mailWidth !== "100%");
  });
})();
