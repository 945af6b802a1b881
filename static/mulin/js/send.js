/* Sends a form that carries photos (or says data-send) with its progress shown; a failure is said in words, nothing is lost, and
   one press sends the same again. Where no network is, a form with data-queue is kept on the phone (offline.js). The answer's
   page is put in place of this one, so that a receipt shown once is seen. */
(function () {
  "use strict";
  const PATIENCE = 90000; // milliseconds: a slow network with three photos
  let pressed = null;
  document.addEventListener("click", (event) => {
    const button = event.target.closest ? event.target.closest("button, input[type=submit]") : null;
    if (button && button.form && button.type !== "button") pressed = button;
  });

  function box(form) {
    let shown = form.querySelector(".sending");
    if (!shown) {
      shown = window.mulin.element("div", "sending");
      form.appendChild(shown);
    }
    shown.className = "sending";
    shown.textContent = "";
    shown.hidden = false;
    shown.setAttribute("role", "status");
    return shown;
  }
  function fail(form, shown, phrase, text) {
    const word = window.mulin.word;
    window.mulin.quiet(form, false);
    shown.className = "sending is-bad";
    shown.setAttribute("role", "alert");
    shown.textContent = "";
    shown.appendChild(window.mulin.element("p", "", text || word(phrase)));
    const again = window.mulin.element("button", "btn btn-primary btn-block", word("retry"));
    again.type = "button";
    again.addEventListener("click", () => send(form, shown.mulinButton));
    // In large print the form's own button already sends again: no fourth control.
    if (!document.documentElement.classList.contains("large")) {
      shown.appendChild(again);
      return;
    }
    const end = form.querySelector(".form-end");
    if (!end) return;
    end.parentNode.insertBefore(shown, end);
    end.scrollIntoView({ block: "nearest" });
  }

  /* No network, or a page from its copy: its token may be outlived, and the queue asks for a new one. */
  const cut = () => navigator.onLine === false || Boolean(document.body.dataset.copy);

  /* No network: keep it on the phone, go where the button leads anyway, or say that it was not sent. */
  async function later(form, button, shown) {
    const mulin = window.mulin;
    if (mulin.leadsTo(button)) {
      window.location.assign(mulin.leadsTo(button));
    } else if (mulin.queueable(form, button)) {
      const item = await mulin.keepForLater(form, button);
      if (item && item.refused) {
        fail(form, shown, "", item.refused);
      } else if (item) {
        shown.hidden = true;
        mulin.showKept(form, item);
      } else {
        fail(form, shown, item === "" ? "needs-words" : "failed-here");
      }
    } else if (button && button.value === "next" && form.hasAttribute("data-queue")) {
      halfway(form, button, shown);
    } else {
      fail(form, shown, "failed");
    }
  }
  /* Large print asks one thing a page: without a network the next page cannot come, but what was said may be kept. */
  function halfway(form, button, shown) {
    const words = button.textContent;
    fail(form, shown, "halfway");
    button.textContent = window.mulin.word("keep-now");
    button.name = "";
    window.addEventListener("online", () => {
      button.textContent = words;
      button.name = "go";
      shown.hidden = true;
    }, { once: true });
  }

  function swap(text, url) {
    const carried = {};
    document.querySelectorAll("input[type=file][data-photo]").forEach((input) => {
      if (input.mulinPhotos) carried[input.name] = input.mulinPhotos.files();
    });
    const spoken = document.querySelector("input[data-sound]");
    const recording = spoken && spoken.mulinSound && spoken.mulinSound.file();
    const page = new DOMParser().parseFromString(text, "text/html");
    const answered = window.mulin.answered(page.body, url);
    const has = (tag, name, value) => Array.from(document.querySelectorAll(tag)).some((known) => known[name] === value);
    document.title = page.title;
    document.documentElement.lang = page.documentElement.lang;
    page.querySelectorAll("link[rel=stylesheet]").forEach((link) => {
      if (!has("link", "href", link.href)) document.head.appendChild(document.importNode(link, true));
    });
    const scripts = Array.from(page.querySelectorAll("script[src]")).filter((script) => !has("script", "src", script.src));
    document.documentElement.replaceChild(document.importNode(page.body, true), document.body);
    scripts.forEach((script) => {
      const fresh = document.createElement("script");
      fresh.src = script.src;
      fresh.async = false;
      document.head.appendChild(fresh);
    });
    if (url && url !== window.location.href && !answered) window.history.pushState({ mulin: true }, "", url);
    window.scrollTo(0, 0);
    window.mulin.begin(document);
    if (window.htmx) window.htmx.process(document.body);
    document.querySelectorAll("input[type=file][data-photo]").forEach((input) => {
      if (input.mulinPhotos && carried[input.name] && carried[input.name].length) input.mulinPhotos.keep(carried[input.name]);
    });
    const again = document.querySelector("input[data-sound]");
    if (recording && again && again.mulinSound) again.mulinSound.keep(recording);
    const main = document.getElementById("main");
    if (main && !document.querySelector("[data-focus]")) main.focus();
  }
  window.addEventListener("popstate", () => window.location.reload());

  function send(form, button) {
    const word = window.mulin.word;
    const shown = box(form);
    shown.mulinButton = button;
    shown.appendChild(window.mulin.element("p", "", word("sending")));
    const bar = shown.appendChild(document.createElement("progress"));
    bar.max = 100;
    bar.setAttribute("aria-label", word("sending"));
    const body = new FormData(form);
    if (button && button.name) body.append(button.name, button.value);
    window.mulin.quiet(form, true);
    if (cut() && (navigator.onLine === false || form.hasAttribute("data-queue"))) {
      later(form, button, shown);
      return;
    }
    const request = new XMLHttpRequest();
    request.open("POST", form.getAttribute("action") || window.location.href);
    request.timeout = PATIENCE;
    request.setRequestHeader("Accept", "text/html");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) bar.value = Math.round((100 * event.loaded) / event.total);
    };
    request.onerror = request.ontimeout = () => later(form, button, shown);
    request.onabort = () => fail(form, shown, "failed");
    request.onload = () => {
      const html = (request.getResponseHeader("Content-Type") || "").indexOf("text/html") === 0;
      if (request.status === 413) fail(form, shown, "too-big");
      else if (!html || request.status >= 500 || request.status === 429) fail(form, shown, "refused");
      else {
        if (form.dataset.reopened && request.status < 400 && request.responseURL !== window.location.href) window.mulin.queueReopened(form);
        swap(request.responseText, request.responseURL);
      }
    };
    request.send(body);
  }

  window.mulin.start((part) => {
    part.querySelectorAll("form").forEach((form) => {
      const wanted = form.hasAttribute("data-send") || form.querySelector("input[type=file][data-photo]");
      const kept = form.hasAttribute("data-queue"); // a step without photos goes the browser's own way while there is a network
      if (!(wanted || kept) || form.dataset.sendOn || form.hasAttribute("hx-post")) return;
      form.dataset.sendOn = "1";
      form.addEventListener("submit", (event) => {
        if (!wanted && !cut()) return;
        event.preventDefault();
        if (form.querySelector("[aria-busy=true]")) return;
        send(form, pressed && pressed.form === form ? pressed : null);
      });
    });
  });
})();
