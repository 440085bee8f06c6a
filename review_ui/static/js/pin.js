// A keypad for gloves; whoever has a keyboard just types.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("by-pin");
  if (!form) return;
  form.querySelector(".keypad").hidden = false;
  form.querySelector(".plain-go").hidden = true;
  form.addEventListener("click", (event) => {
    const key = event.target.closest("[data-digit]");
    if (!key) return;
    const digit = key.dataset.digit;
    form.pin.value = digit ? (form.pin.value + digit).slice(0, form.pin.maxLength) : "";
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "name") form.pin.focus();
  });
});
