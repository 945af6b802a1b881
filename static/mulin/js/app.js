/* What every page needs: the words scripts say, start-up of parts, the CSRF header for htmx, and one send per press.
   ES2017 (Chromium 78). Everything here only adds to pages that work without it. */
(function () {
  "use strict";
  document.documentElement.classList.remove("no-js");

  const mulin = (window.mulin = { starters: [] });
  let begun = false;

  /* A phrase in the page's language, "%s" filled in. They are written by templates/parts/js_words.html. */
  mulin.word = function (name, value) {
    const words = document.getElementById("words");
    const key = name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
    const phrase = (words && words.dataset[key]) || "";
    return value === undefined ? phrase : phrase.replace("%s", value);
  };

  mulin.icon = function (name) {
    const model = document.querySelector("svg.icon use");
    const sprite = model ? model.getAttribute("href").split("#")[0] : "";
    const box = document.createElement("span");
    box.innerHTML = '<svg class="icon" aria-hidden="true" focusable="false" fill="none" stroke="currentColor" stroke-width="1.8" ' +
      'stroke-linecap="round" stroke-linejoin="round"><use href="' + sprite + "#" + name + '"></use></svg>';
    return box.firstChild;
  };

  mulin.element = function (tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  };

  /* Register a function that is given the page, and later every part that htmx or the uploader puts into it. */
  mulin.start = function (starter) {
    mulin.starters.push(starter);
    if (begun) starter(document);
  };
  mulin.begin = function (part) {
    mulin.starters.forEach((starter) => starter(part));
  };
  /* What answers a form in place has no address of its own: to load it again or to come back to it opens the form's page. Its
     own forms that name no address are still sent to where it came from. */
  mulin.answered = function (body, url) {
    if (!("posted" in body.dataset)) return false;
    body.querySelectorAll("form:not([action])").forEach((form) => form.setAttribute("action", url));
    return true;
  };
  document.addEventListener("DOMContentLoaded", () => {
    const before = document.referrer;
    const known = before.indexOf(window.location.origin + "/") === 0;
    if (known && mulin.answered(document.body, window.location.href)) window.history.replaceState(null, "", before);
    begun = true;
    mulin.begin(document);
  });
  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== document.body) mulin.begin(event.detail.elt);
  });

  mulin.csrf = function () {
    const field = document.querySelector("input[name=csrfmiddlewaretoken]");
    if (field) return field.value;
    const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    return cookie ? decodeURIComponent(cookie[1]) : "";
  };
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = mulin.csrf();
  });
  /* A refusal (422) is an answer to show, not an error to hide. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 422) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  /* Which file was chosen: the browser's own words lie hidden behind ours. */
  document.addEventListener("change", (event) => {
    const words = event.target.type === "file" && event.target.parentNode.querySelector("[data-file-words]");
    if (!words) return;
    words.dataset.idle = words.dataset.idle || words.textContent;
    words.textContent = Array.from(event.target.files, (file) => file.name).join(" · ") || words.dataset.idle;
  });

  /* Double-click guard. The buttons go quiet after the browser has read the form, and wake when the page comes back. */
  mulin.quiet = function (form, quiet) {
    form.querySelectorAll("button:not([type=button]), input[type=submit]").forEach((button) => {
      button.disabled = quiet;
      if (quiet) button.setAttribute("aria-busy", "true");
      else button.removeAttribute("aria-busy");
    });
    if (!quiet) delete form.dataset.sent;
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.defaultPrevented || (form.method || "get") !== "post") return;
    form.dataset.sent = "1";
    setTimeout(() => mulin.quiet(form, true), 0);
    setTimeout(() => mulin.quiet(form, false), 20000);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach((form) => mulin.quiet(form, false));
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest ? event.detail.elt.closest("form") : null;
    if (form) mulin.quiet(form, false);
  });

  /* The summary of what needs changing takes the focus; an open menu closes on Escape or a press elsewhere. */
  mulin.start((part) => {
    const wanted = part.querySelector("[data-focus]");
    if (wanted) wanted.focus();
    part.querySelectorAll("[data-print]").forEach((button) => button.addEventListener("click", () => window.print()));
    part.querySelectorAll("select[data-autosubmit]").forEach((select) =>
      select.addEventListener("change", () => select.form && select.form.submit()));
  });
  document.addEventListener("click", (event) => {
    document.querySelectorAll(".phone-bar details[open], .phone-me[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll(".phone-bar details[open], .phone-me[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  /* Several rows at once: all of this page, all of the list, and how many are chosen. */
  mulin.start((part) => part.querySelectorAll("form[data-pick]").forEach((form) => {
    const rows = () => Array.from(form.querySelectorAll('input[name="case"]'));
    const page = form.querySelector("[data-pick-page]"), whole = form.querySelector("[data-pick-whole]");
    const count = form.querySelector("[data-pick-count]");
    page.closest("label").hidden = false;
    const tell = () => {
      const chosen = rows().filter((row) => row.checked).length;
      page.checked = chosen > 0 && chosen === rows().length;
      form.querySelector(".batch-bar").classList.toggle("is-on", chosen > 0 || whole.checked);
      count.textContent = whole.checked || !chosen ? "" : " (" + chosen + ")";
    };
    page.addEventListener("change", () => { rows().forEach((row) => { row.checked = page.checked; }); tell(); });
    form.addEventListener("change", tell);
    tell();
  }));
})();
