// Photos go up one by one, so that one bad file stops no other and the progress is true.
"use strict";
(() => {
  async function send(form, files) {
    const bar = form.querySelector("progress");
    const told = form.querySelector("output");
    const refused = [];
    bar.hidden = false;
    for (const [i, file] of files.entries()) {
      told.textContent = form.dataset.sending.replace("{done}", i).replace("{total}", files.length);
      bar.value = i / files.length;
      const body = new FormData();
      for (const name of ["view", "shows", "defect"]) if (form.elements[name]) body.append(name, form.elements[name].value);
      body.append("files", file);
      const headers = { "X-CSRF-Token": form.elements.csrf.value };
      const answer = await fetch(form.action, { method: "POST", body, headers }).catch(() => null);
      if (!answer?.ok) refused.push(answer ? await words(answer) : `${file.name}: ${document.body.dataset.failed}`);
    }
    bar.value = 1;
    told.textContent = refused.length ? refused.slice(0, 5).join(" ") : form.dataset.sent;
    form.elements.files.value = ""; // the same files may be chosen again
    window.jidoka.wake();
  }

  async function words(answer) {
    const text = await answer.text();
    if (!(answer.headers.get("content-type") ?? "").includes("html")) return text;
    return new DOMParser().parseFromString(text, "text/html").querySelector("[data-words]")?.textContent ?? document.body.dataset.failed;
  }

  for (const form of document.querySelectorAll("form.upload")) {
    const drop = form.querySelector(".drop");
    for (const kind of ["dragenter", "dragover"]) {
      drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
    }
    for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      send(form, [...event.dataTransfer.files]);
    });
    form.querySelector("button").hidden = true;
    form.elements.files.addEventListener("change", () => send(form, [...form.elements.files.files]));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form, [...form.elements.files.files]);
    });
  }
})();
