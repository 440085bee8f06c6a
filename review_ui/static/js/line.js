// The thresholds on the histogram move while they are typed; knobs show their value while they are turned.
"use strict";
(() => {
  function number(text) {
    const value = Number.parseFloat(text.replace(",", "."));
    return Number.isFinite(value) && value >= 0 && value <= 1 ? value : null;
  }

  function moveMark(field) {
    const mark = document.querySelector(`.threshold[data-for="${field.name}"]`);
    if (!mark) return;
    const value = number(field.value);
    mark.setAttribute("visibility", value === null ? "hidden" : "visible");
    if (value !== null) mark.setAttribute("transform", `translate(${value * Number(mark.dataset.width)} 0)`);
  }

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.matches("#policy-form input")) moveMark(field);
    if (field.matches(".knob input[type=range]")) {
      const value = Number(field.value);
      field.closest("label").querySelector("output").textContent = field.dataset.unit ? `${Math.round(value * 100)} %` : String(value);
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
  document.addEventListener("DOMContentLoaded", () => {
    if (location.hash === "#change") document.getElementById("change")?.setAttribute("open", "");
  });
})();
