/* Without a network: a form with data-queue="what it is" is kept on this phone (queue.js) and sent later; what waits is said on
   every page; a page shown from its copy (worker.js) says so; signing out wipes it all. Loaded before drafts.js, so that a copy's
   form has a key of its own before the draft puts its own back. */
(function () {
  "use strict";
  const queue = window.mulinQueue;
  const mulin = window.mulin;
  const word = mulin.word;
  const able = Boolean(window.indexedDB && window.AbortController);
  const LIST = "/waiting/";
  const WIPE_PATIENCE = 1500;
  let waiting = 0;
  let timer = 0;
  let drawn = Promise.resolve();

  const copied = () => Number(document.body.dataset.copy || 0);
  const scope = () => document.body.dataset.draftScope || "";
  const offline = () => navigator.onLine === false;
  const large = () => document.documentElement.classList.contains("large");
  /* Whose items may be shown: of a copy, of whoever was signed in last. */
  function account() {
    return copied() ? queue.note("account") : Promise.resolve(scope());
  }
  mulin.queueAccount = account;

  function key() {
    const bytes = window.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }
  function freshKey(form) {
    const field = form.querySelector("input[name=client_id]");
    if (field) field.value = key();
  }

  // ── keeping ──
  const goes = (button) => Boolean(button && button.name === "go");
  /* Whether this form, pressed by this button, can be kept. */
  mulin.queueable = (form, button) => able && form.hasAttribute("data-queue") && !goes(button);
  /* Where a button leads that needs no sending, '' for none. */
  mulin.leadsTo = (button) => (button && button.dataset.offline) || "";

  function contents(form, button) {
    const fields = [];
    new FormData(form).forEach((value, name) => {
      if (name === "csrfmiddlewaretoken" || name === "step") return;
      if (!(value instanceof Blob)) fields.push([name, value]);
      else if (value.size) fields.push([name, value, value.name || name]);
    });
    if (button && button.name) fields.push([button.name, button.value]);
    return fields;
  }
  const said = (fields, name) => (fields.find((field) => field[0] === name && typeof field[1] === "string" && field[1].trim()) || ["", ""])[1];

  function wake() {
    if (!navigator.serviceWorker || !window.SyncManager) return;
    navigator.serviceWorker.ready.then((registration) => registration.sync.register("mulin.queue")).catch(() => null);
  }
  /* Keep what the form says. Gives the item, null where this phone cannot keep it, "" where nothing was said yet, {refused: why}
     where the page does not let it. */
  mulin.keepForLater = async function (form, button) {
    if (!able) return null;
    const asked = new CustomEvent("queue:keep", { cancelable: true, detail: {} }); // a page's own script may fill in, or refuse
    if (!form.dispatchEvent(asked)) return { refused: asked.detail.why };
    const fields = contents(form, button);
    const needs = (form.dataset.queueNeeds || "").split(" ").filter(Boolean);
    if (needs.length && !needs.some((name) => said(fields, name) || fields.some((field) => field[0] === name && field[1] instanceof Blob))) return "";
    const target = new URL(form.getAttribute("action") || window.location.href, window.location.href);
    const draft = form.dataset.draft ? { key: form.dataset.draft, fields: mulin.draftValues(form) } : null;
    if (draft) delete draft.fields.client_id; // refused, it is sent again as something new
    const item = {
      key: key(), url: target.pathname + target.search, page: window.location.pathname + window.location.search,
      title: form.dataset.queue, text: (said(fields, "text") || said(fields, "result") || said(fields, "note")).slice(0, 120),
      county: document.body.dataset.county || "", fields: fields, draft: draft, at: Date.now(), state: "waiting",
    };
    try {
      item.scope = await account();
      await queue.put(item);
    } catch (error) {
      return null;
    }
    if (form.dataset.draft) mulin.forgetDraft(form.dataset.draft);
    if (form.dataset.reopened) reopened(form);
    wake();
    return item;
  };

  function reopened(form) {
    queue.drop(form.dataset.reopened).catch(() => null);
    delete form.dataset.reopened;
    window.sessionStorage.removeItem("mulin.reopen");
  }
  mulin.queueReopened = reopened;

  /* In place of the form: it is kept. The page goes on by itself once it was sent, or gives the form back. */
  mulin.showKept = function (form, item) {
    const box = mulin.element("section", "card kept" + (form.classList.contains("mb") ? " mb" : ""));
    const more = Array.from(document.querySelectorAll("[form]")).filter((button) => button.form === form);
    const put = (title, text, icon) => {
      box.textContent = "";
      const head = box.appendChild(mulin.element("h2", "", title));
      head.insertBefore(mulin.icon(icon), head.firstChild);
      if (text) box.appendChild(mulin.element("p", "", text));
    };
    put(word("kept"), word("kept-more"), "tick-circle");
    const link = box.appendChild(mulin.element("a", "btn btn-block", word("kept-list")));
    link.href = LIST;
    if (form.dataset.queueNext) {
      const next = box.insertBefore(mulin.element("a", "btn btn-primary btn-block mb", form.dataset.queueNext), link);
      next.href = window.location.pathname;
    }
    box.tabIndex = -1;
    box.setAttribute("role", "status");
    form.hidden = true;
    more.forEach((button) => { button.hidden = true; });
    form.parentNode.insertBefore(box, form.nextSibling);
    box.focus();
    queue.listen((told) => {
      if (told.key !== item.key || !document.body.contains(box)) return;
      if (told.state === "sent") window.location.assign(told.address);
      if (told.state !== "refused") return;
      put(word("not-taken"), told.told, "warning");
      box.className = "card kept is-bad";
      form.hidden = false;
      more.forEach((button) => { button.hidden = false; });
      freshKey(form);
      mulin.quiet(form, false);
      form.querySelectorAll(".sending").forEach((line) => { line.hidden = true; });
      form.dispatchEvent(new Event("draft:save", { bubbles: true }));
      form.dataset.reopened = item.key;
      box.scrollIntoView();
    });
    go(true);
  };

  // ── sending ──
  function go(hurry) {
    if (!able) return;
    window.clearTimeout(timer);
    queue.drain(hurry).catch(() => "").then(() => queue.all()).then((items) => {
      const pause = queue.pause(items);
      if (pause !== null) timer = window.setTimeout(() => go(false), Math.min(pause, 600000));
    }).catch(() => null);
  }
  mulin.sendWaiting = () => go(true);

  // ── what waits, on every page ──
  function line(className, icon, phrase, address) {
    const bar = mulin.element("div", "alert queue-bar " + className);
    bar.setAttribute("role", "status");
    bar.appendChild(mulin.icon(icon));
    const text = bar.appendChild(mulin.element("div", "", ""));
    if (address && !large()) {
      const link = text.appendChild(mulin.element("a", "", phrase));
      link.href = address;
    } else {
      text.textContent = phrase;
    }
    return bar;
  }
  /* The place at the top of the page where all of this is said. */
  function told(main) {
    const known = main.querySelector(".phone-told");
    if (known) return known;
    const wide = document.body.classList.contains("desk");
    return main.insertBefore(mulin.element("div", "phone-told no-print" + (wide ? "" : " wrap")), main.firstChild);
  }
  async function draw() {
    const main = document.getElementById("main");
    const items = await queue.all();
    const who = await account();
    const own = items.filter((item) => item.scope === who || item.scope === "");
    const count = (wanted) => own.filter(wanted).length;
    const left = items.filter(queue.unsent).length;
    const refused = count((item) => item.state === "refused");
    const sent = count((item) => item.state === "sent" && !item.seen);
    waiting = items.filter((item) => item.scope === who && item.state !== "sent").length;
    document.querySelectorAll(".queue-bar").forEach((bar) => bar.remove());
    document.querySelectorAll("[data-waiting-instead]").forEach((link) => {
      link.dataset.waitingInstead = link.dataset.waitingInstead || link.getAttribute("href");
      link.href = own.length ? LIST : link.dataset.waitingInstead;
    });
    if (!main || main.querySelector("[data-waiting]")) return;
    const bars = [];
    if (left) bars.push(line("alert-warn", "clock", word("waiting-count", left), LIST));
    if (refused) bars.push(line("alert-bad", "warning", word("refused-count", refused), LIST));
    if (sent) bars.push(line("alert-good", "tick-circle", word("sent-count", sent), LIST));
    bars.forEach((bar) => told(main).appendChild(bar));
  }
  function show() {
    if (!able) return;
    drawn = drawn.then(draw).catch(() => null);
  }
  if (able) queue.listen(show);

  // ── a page from its copy ──
  function when(stamp) {
    const at = new Date(stamp);
    const two = (number) => ("0" + number).slice(-2);
    const day = at.toDateString() === new Date().toDateString() ? "" : (at.getMonth() + 1) + "-" + two(at.getDate()) + " ";
    return day + two(at.getHours()) + ":" + two(at.getMinutes());
  }
  mulin.when = when;
  function banner() {
    const main = document.getElementById("main");
    if (!copied() || !main) return;
    const list = Boolean(main.querySelector("[data-waiting]"));
    const astray = list && window.location.pathname !== LIST;
    if (list && !astray) return;
    const bar = mulin.element("div", "alert alert-warn copy-bar");
    bar.setAttribute("role", "status");
    bar.appendChild(mulin.icon("warning"));
    const text = bar.appendChild(mulin.element("div", "", astray ? word("copy-none") : word("copy", when(copied()))));
    told(main).insertBefore(bar, told(main).firstChild);
    window.addEventListener("online", () => {
      if (astray) window.location.reload();
      text.textContent = word("copy-online") + " ";
      if (large()) return;
      const again = text.appendChild(mulin.element("button", "link-button", word("copy-reload")));
      again.type = "button";
      again.addEventListener("click", () => window.location.reload());
    });
  }

  // ── what cannot be done without a network says so instead of leaving the page ──
  function needsNet(place) {
    place.querySelectorAll(".needs-net").forEach((old) => old.remove());
    place.appendChild(mulin.element("p", "needs-net", word("needs-net"))).setAttribute("role", "alert");
  }
  document.addEventListener("htmx:beforeRequest", (event) => { // what only adds to a page is left out in silence
    if (!offline()) return;
    event.preventDefault();
    const pressed = event.detail.elt;
    if (pressed.tagName === "BUTTON" || pressed.tagName === "A") needsNet(pressed.parentNode);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!offline() || (form.method || "get") !== "post" || form.dataset.sendOn) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    needsNet(form);
  }, true);

  // ── signing out ──
  /* Delete the copies, all of them or all that are not `whose`. */
  async function wipePages(whose) {
    if (!window.caches) return;
    await queue.note("shell", "");
    for (const name of ["mulin.pages", "mulin.shell"]) {
      const cache = await window.caches.open(name);
      for (const key of await cache.keys()) {
        const copy = await cache.match(key);
        if (copy && (!whose || copy.headers.get("X-Keep-Offline") !== whose)) await cache.delete(key);
      }
    }
  }
  function wipe(wanted) {
    const late = new Promise((resolve) => window.setTimeout(resolve, WIPE_PATIENCE));
    const done = Promise.all([queue.wipe(wanted), wipePages(), queue.note("account", "")]);
    return Promise.race([done, late]).catch(() => null);
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!able || !form.hasAttribute("data-wipe-drafts")) return;
    event.preventDefault();
    event.stopPropagation();
    if (form.dataset.wiping) return;
    if (waiting && !form.dataset.sure) {
      form.dataset.sure = "1";
      const told = form.appendChild(mulin.element("p", "alert alert-warn wipe-told", word("wipe-unsent", waiting)));
      told.setAttribute("role", "alert");
      told.scrollIntoView({ block: "nearest" });
      return;
    }
    form.dataset.wiping = "1";
    mulin.forgetDrafts();
    const own = scope();
    wipe((item) => item.scope === own).then(() => form.submit());
  }, true);

  // ── the worker ──
  function befriend() {
    if (!navigator.serviceWorker || window.isSecureContext === false) return;
    const visit = window.performance.getEntriesByType("navigation")[0];
    const known = Boolean(visit && visit.workerStart); // this page came through the worker, which has looked at it
    navigator.serviceWorker.register("/sw.js", { updateViaCache: "all" }).then(() => navigator.serviceWorker.ready).then(async (registration) => {
      if (!navigator.serviceWorker.controller) registration.active.postMessage({ claim: true });
      if (copied() || offline()) return;
      const links = Array.from(document.querySelectorAll("[data-keep]")).map((link) => link.dataset.keep.split(" "));
      const wanted = [].concat.apply(known ? [] : [window.location.href.split("#")[0]], links);
      if (wanted.length && !(navigator.connection && navigator.connection.saveData)) registration.active.postMessage({ keep: wanted });
      const shell = [document.documentElement.lang, large(), scope(), document.body.dataset.county].join("|");
      if (able && shell === (await queue.note("shell"))) return;
      registration.active.postMessage({ shell: true });
      if (able) await queue.note("shell", shell);
    }).catch(() => null); // a browser that forbids it: pages and queue work without
  }

  /* A page from the network says who is signed in: another account's things leave the phone; without one only the copies do. */
  async function settle() {
    const now = scope();
    if ((await queue.note("account")) !== now) await wipePages(now || "-");
    await queue.note("account", now);
    if (now) await queue.wipe((item) => item.scope !== "" && item.scope !== now);
  }

  /* A refused item whose form was opened to change it: its photos and recording are chosen again. */
  async function reopen(part) {
    const wanted = window.sessionStorage.getItem("mulin.reopen");
    const form = wanted && part.querySelector("form[data-queue]");
    if (!form || form.dataset.reopened) return;
    const item = await queue.get(wanted);
    if (!item || item.page.split("?")[0] !== window.location.pathname || !item.fields) return;
    form.dataset.reopened = wanted;
    const files = (name) => item.fields.filter((field) => field[0] === name && field[1] instanceof Blob)
      .map((field) => new File([field[1]], field[2], { type: field[1].type }));
    form.querySelectorAll("input[type=file]").forEach((input) => {
      const found = files(input.name);
      if (!found.length) return;
      if (input.mulinPhotos) {
        input.mulinPhotos.keep(found);
        return;
      }
      const box = new DataTransfer();
      found.forEach((file) => box.items.add(file));
      input.files = box.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }

  mulin.start((part) => {
    if (copied()) part.querySelectorAll("form").forEach(freshKey);
    show();
    if (!able) return;
    const gone = part.querySelector("div[data-wipe-drafts]");
    if (gone) {
      mulin.forgetDrafts();
      wipe((item) => item.scope !== "");
    }
    try {
      reopen(part).catch(() => null);
    } catch (error) { /* no session storage: the words are in the draft */ }
  });
  mulin.start((part) => { if (part === document && !document.querySelector(".copy-bar")) banner(); });
  window.addEventListener("online", () => go(true));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) go(false); });
  const begin = () => { befriend(); go(true); };
  const first = able && !copied() ? settle().catch(() => null) : Promise.resolve();
  first.then(() => (document.readyState === "complete" ? begin() : window.addEventListener("load", begin)));
})();
