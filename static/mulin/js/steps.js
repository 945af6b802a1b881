/* One step at a time: a form with data-steps shows its <fieldset data-step> one after the other, each with one button "next";
   the last keeps the form's own end (.form-end). Meant for large print, where a step has at most three controls. The way
   back in the header goes one step back first. Without this script all steps stand below one another. */
(function () {
  "use strict";
  function lead(form) {
    if (form.dataset.stepsOn) return;
    const steps = Array.from(form.querySelectorAll("fieldset[data-step]"));
    if (steps.length < 2) return;
    form.dataset.stepsOn = "1";
    const end = form.querySelector(".form-end");
    const back = document.querySelector("a.back");
    const home = back ? back.lastChild.textContent : "";
    const wrong = steps.findIndex((step) => step.querySelector(".has-error, [aria-invalid=true]"));
    let current = Math.max(0, wrong);

    function show(focus) {
      steps.forEach((step, index) => { step.hidden = index !== current; });
      if (end) end.hidden = current !== steps.length - 1;
      if (back) back.lastChild.textContent = current ? window.mulin.word("previous") : home;
      if (!focus) return;
      const legend = steps[current].querySelector("legend") || steps[current];
      legend.tabIndex = -1;
      legend.focus();
      window.scrollTo(0, 0);
    }
    function complete(step) {
      return Array.from(step.querySelectorAll("input, select, textarea")).every((field) => field.reportValidity());
    }
    steps.slice(0, -1).forEach((step, index) => {
      const next = window.mulin.element("button", "btn btn-primary btn-block mt", window.mulin.word("next"));
      next.type = "button";
      next.addEventListener("click", () => {
        if (!complete(step)) return;
        current = index + 1;
        show(true);
      });
      step.appendChild(next);
    });
    if (back) {
      back.addEventListener("click", (event) => {
        if (current === 0 || !form.isConnected) return;
        event.preventDefault();
        current -= 1;
        show(true);
      });
    }
    form.addEventListener("keydown", (event) => {
      const typing = event.target.tagName === "INPUT" && event.key === "Enter";
      if (typing && current < steps.length - 1) event.preventDefault();
    });
    show(false);
  }
  window.mulin.start((part) => part.querySelectorAll("form[data-steps]").forEach(lead));
})();
