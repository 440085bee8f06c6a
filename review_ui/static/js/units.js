// Times in the filter are the browser's own and go out in UTC, so that an address means the same to whoever gets it.
"use strict";
(() => {
  const form = document.getElementById("find");
  const times = [...form.querySelectorAll("input[type=datetime-local]")];
  const pad = (n) => String(n).padStart(2, "0");

  function local(utc) {
    const at = new Date(/Z|[+-]\d\d:\d\d$/.test(utc) ? utc : `${utc}Z`);
    if (Number.isNaN(at.getTime())) return "";
    return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}T${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  }

  for (const field of times) {
    const given = field.getAttribute("value");
    if (given) field.value = local(given);
  }
  form.addEventListener("formdata", (event) => {
    for (const field of times) if (field.value) event.formData.set(field.name, new Date(field.value).toISOString().slice(0, 19));
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });
})();
