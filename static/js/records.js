// From a finding to the field that it is about.
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    var link = event.target.closest("[data-to]");
    if (!link) return;
    var id = link.dataset.to;
    var field = document.getElementById(id);
    // A place inside a list, such as thema.0, belongs to the field of the list.
    while (!field && id.includes(".")) {
      id = id.slice(0, id.lastIndexOf("."));
      field = document.getElementById(id);
    }
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.scrollIntoView({ block: "center" });
  });
})();
