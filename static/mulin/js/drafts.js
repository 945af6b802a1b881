/* Drafts live on the phone and nowhere else. A form with data-draft="key" is kept at every keystroke and found again after a
   refusal, a crash or a closed tab; it is forgotten only when the server has confirmed (data-draft-clear="key" on the
   page of success), and on sign-out. Fields marked data-private, passwords, files and tokens are never kept. A hidden
   field is kept if it says data-draft-keep: into an empty one only, or over any with data-draft-keep="replace" (the
   key that makes a resend harmless). */
(function () {
  "use strict";
  const PREFIX = "mulin.draft.";
  const DAYS_KEPT = 30;

  function scope() {
    return document.body.dataset.draftScope || "";
  }
  function read(key) {
    try {
      return JSON.parse(localStorage.getItem(PREFIX + key));
    } catch (error) {
      return null;
    }
  }
  function write(key, draft) {
    try {
      localStorage.setItem(PREFIX + key, JSON.stringify(draft));
      return true;
    } catch (error) {
      return false; // storage is full or forbidden: the note says so
    }
  }
  function forget(key) {
    try {
      localStorage.removeItem(PREFIX + key);
    } catch (error) { /* nothing was stored there either */ }
  }
  function keys() {
    try {
      return Object.keys(localStorage).filter((key) => key.indexOf(PREFIX) === 0).map((key) => key.slice(PREFIX.length));
    } catch (error) {
      return [];
    }
  }

  function kept(field) {
    if (!field.name || field.name === "csrfmiddlewaretoken" || field.hasAttribute("data-private")) return false;
    if (["password", "file", "submit", "button", "reset", "image"].indexOf(field.type) >= 0) return false;
    return field.type !== "hidden" || field.hasAttribute("data-draft-keep");
  }
  function values(form) {
    const found = {};
    Array.from(form.elements).filter(kept).forEach((field) => {
      found[field.name] = found[field.name] || [];
      if (field.type === "radio" || field.type === "checkbox") {
        if (field.checked) found[field.name].push(field.value);
      } else if (field.multiple && field.options) {
        Array.from(field.selectedOptions).forEach((option) => found[field.name].push(option.value));
      } else {
        found[field.name].push(field.value);
      }
    });
    return found;
  }
  function restore(form, fields) {
    let changed = false;
    const seen = {};
    Array.from(form.elements).filter((field) => kept(field) && field.name in fields).forEach((field) => {
      const wanted = fields[field.name];
      const turn = seen[field.name] || 0;
      seen[field.name] = turn + 1;
      if (field.type === "radio" || field.type === "checkbox") {
        const checked = wanted.indexOf(field.value) >= 0;
        changed = changed || checked !== field.checked;
        field.checked = checked;
      } else if (field.multiple && field.options) {
        Array.from(field.options).forEach((option) => { option.selected = wanted.indexOf(option.value) >= 0; });
      } else if (field.type === "hidden") {
        if (wanted[turn] && (field.dataset.draftKeep === "replace" || !field.value)) field.value = wanted[turn];
      } else if (wanted[turn] !== undefined && field.value !== wanted[turn]) {
        if (field.options && !Array.from(field.options).some((option) => option.value === wanted[turn])) return;
        field.value = wanted[turn];
        changed = true;
      }
    });
    return changed;
  }
  function worth(fields) {
    return Object.keys(fields).some((name) => fields[name].some((value) => value.trim() !== ""));
  }

  function note(form) {
    let line = form.querySelector("[data-draft-note]");
    if (!line) {
      line = document.createElement("p");
      line.setAttribute("data-draft-note", "");
      const end = form.querySelector(".form-end");
      if (end) form.insertBefore(line, end.parentNode === form ? end : null);
      else form.appendChild(line);
    }
    line.classList.add("draft-note");
    line.setAttribute("role", "status");
    return line;
  }
  function say(line, phrase, icon, bad) {
    line.textContent = "";
    line.classList.toggle("is-bad", Boolean(bad));
    line.appendChild(window.mulin.icon(icon));
    line.appendChild(document.createTextNode(phrase));
  }

  function watch(form) {
    if (form.dataset.draftOn) return;
    form.dataset.draftOn = "1";
    const key = form.dataset.draft;
    const word = window.mulin.word;
    const line = note(form);
    const old = read(key);
    if (old && old.fields && restore(form, old.fields)) {
      say(line, word(old.photos ? "restored-photos" : "restored"), "draft");
      if (!document.documentElement.classList.contains("large")) {
        const discard = window.mulin.element("button", "link-button", word("discard"));
        discard.type = "button";
        discard.style.marginLeft = "12px";
        discard.addEventListener("click", () => {
          forget(key);
          window.location.assign(window.location.pathname + window.location.search);
        });
        line.appendChild(discard);
      }
      form.dispatchEvent(new Event("draft:restored", { bubbles: true }));
    }
    function save() {
      const before = read(key);
      const fields = Object.assign({}, before && before.fields, values(form));
      if (!worth(values(form)) && !before) return;
      const photos = Array.from(form.querySelectorAll("input[type=file]")).reduce((sum, input) => sum + input.files.length, 0);
      const done = write(key, { fields: fields, photos: photos, scope: scope(), at: Date.now() });
      say(line, word(done ? "saved" : "unsaved"), done ? "draft" : "warning", !done);
    }
    form.addEventListener("input", save);
    form.addEventListener("change", save);
    form.addEventListener("draft:save", save);
  }

  window.mulin.forgetDrafts = function () {
    keys().forEach(forget);
  };
  window.mulin.forgetDraft = forget;
  window.mulin.draftValues = values;
  /* Put words back that had been kept elsewhere on this phone. */
  window.mulin.writeDraft = (key, fields) => write(key, { fields: fields, photos: 0, scope: scope(), at: Date.now() });
  function tidy() {
    const oldest = Date.now() - DAYS_KEPT * 24 * 3600 * 1000;
    keys().forEach((key) => {
      const draft = read(key);
      const others = draft && draft.scope && draft.scope !== scope();
      if (!draft || others || draft.at < oldest) forget(key);
    });
  }

  tidy();
  window.mulin.start((part) => {
    // A page shown from its copy (worker.js) has confirmed nothing.
    const cleared = document.body.dataset.copy ? [] : Array.from(part.querySelectorAll("[data-draft-clear]"));
    cleared.forEach((mark) => mark.dataset.draftClear.split(" ").forEach(forget));
    part.querySelectorAll("form[data-draft]").forEach(watch);
    if (part.matches && part.matches("form[data-draft]")) watch(part);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.hasAttribute("data-wipe-drafts")) window.mulin.forgetDrafts();
  });
})();
