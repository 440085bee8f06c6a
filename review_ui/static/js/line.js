// The thresholds on the histogram move while they are typed; knobs show their value while they are turned.
"use strict";
(() => {
  function number(text) {
    const value = Number.parseFloat(text.replace(",", "."));
    return Number.isFinite(value) && value >= 0 && value <= 1 ? value : null;
  }

  function moveMark(field) {
    if (!["pass_below", "reject_above"].includes(field.name)) return;
    document.dispatchEvent(new CustomEvent("threshold", { detail: { id: field.name, score: number(field.value) } }));
  }

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.matches("#policy-form input")) moveMark(field);
    if (field.matches(".knob input[type=range]")) {
      const value = Number(field.value);
      field.closest("label").querySelector("output").textContent = field.dataset.unit ? `${(value * 100).toFixed(Number(field.step) < 0.01 ? 1 : 0)} %` : String(value);
    }
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#suggested");
    if (!button) return;
    const form = document.getElementById("policy-form");
    for (const [name, value] of [["pass_below", button.dataset.low], ["reject_above", button.dataset.high]]) {
      form[name].value = value ? String(Number(Number(value).toFixed(5))) : "";
      moveMark(form[name]);
    }
  });
  document.addEventListener("click", (event) => {
    const raise = event.target.closest("[data-raise]");
    const form = document.getElementById("policy-form");
    if (!raise || !form) return;
    event.preventDefault();
    document.getElementById("change").open = true;
    form.level.value = raise.dataset.raise;
    if (!form.model.value && form.model.options.length > 1) form.model.selectedIndex = 1;
    form.scrollIntoView({ block: "center" });
    form.reason.focus({ preventScroll: true });
  });
  document.addEventListener("DOMContentLoaded", () => {
    if (location.hash === "#change") document.getElementById("change")?.setAttribute("open", "");
  });
})();
