/* What waits on this phone to be sent: shared by the pages and the service worker, so nothing here touches a document.
   An item is {key, url, page, title, text, county, scope, fields: [[name, value or Blob, file name]], draft, at, state, ...};
   scope is the account that wrote it, "" for somebody who had not signed in. States: waiting, sending (until lease), refused
   (told says why), sent (address says where to follow it; words and photos are gone from the phone by then).
   Page, other tab and worker send one after the other (a lock where the browser has one, else a lease on the item); the server
   recognises a second sending by the form's client_id in any case. ES2017 (Chromium 78). */
(function (self) {
  "use strict";
  const NAME = "mulin";
  const SESSION = "/waiting/session";
  const LEASE = 15000; // milliseconds: whoever sends renews it; a page that was closed meanwhile lets go of it soon
  const RENEW = 5000;
  const locks = self.navigator.locks; // only whoever holds it sends; it is let go of when its page closes
  const PATIENCE = 120000; // three photos on a slow network
  const FIRST_PAUSE = 15000;
  const LONGEST_PAUSE = 600000;
  const GATES = ["sign_in", "change_password", "enrol_second_factor", "choose_county", "no_county"];
  const DAY = 24 * 3600 * 1000;
  const channel = self.BroadcastChannel ? new self.BroadcastChannel("mulin.queue") : null;
  const listeners = [];
  let opened = null;
  let running = null;

  function open() {
    opened = opened || new Promise((resolve, reject) => {
      const asked = self.indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore("items", { keyPath: "key" });
        asked.result.createObjectStore("notes", { keyPath: "name" });
      };
      asked.onsuccess = () => {
        asked.result.onversionchange = () => asked.result.close();
        asked.result.onclose = () => { opened = null; };
        resolve(asked.result);
      };
      asked.onerror = () => reject(asked.error);
      asked.onblocked = () => reject(new Error("blocked"));
    });
    opened.catch(() => { opened = null; });
    return opened;
  }
  /* One transaction; what `work` leaves in `box.found` when all of it is on the disk. */
  function run(store, mode, work) {
    return open().then((base) => new Promise((resolve, reject) => {
      const move = base.transaction(store, mode);
      const box = {};
      move.oncomplete = () => resolve(box.found);
      move.onabort = move.onerror = () => reject(move.error || new Error("no room"));
      work(move.objectStore(store), box);
    }));
  }
  const read = (store, then) => { store.getAll().onsuccess = (event) => then(event.target.result.sort((a, b) => a.at - b.at)); };

  function all() {
    return run("items", "readonly", (store, box) => read(store, (items) => { box.found = items; }));
  }
  function get(key) {
    return run("items", "readonly", (store, box) => { store.get(key).onsuccess = (event) => { box.found = event.target.result; }; });
  }
  function changed(item) {
    const told = item ? { key: item.key, state: item.state, address: item.address, told: item.told } : {};
    if (channel) channel.postMessage(told);
    listeners.forEach((listener) => listener(told));
  }
  if (channel) channel.onmessage = (event) => listeners.forEach((listener) => listener(event.data || {}));

  function put(item) {
    return run("items", "readwrite", (store) => store.put(item)).then(() => changed(item));
  }
  function drop(key) {
    return run("items", "readwrite", (store) => store.delete(key)).then(() => changed());
  }
  /* Change an item that is still there; `change` edits it. */
  function edit(key, change) {
    return run("items", "readwrite", (store, box) => {
      store.get(key).onsuccess = (event) => {
        if (!event.target.result) return;
        box.found = event.target.result;
        change(box.found);
        store.put(box.found);
      };
    }).then((item) => { if (item) changed(item); return item; });
  }
  /* Delete what `wanted` says; how many that were. */
  function wipe(wanted) {
    return run("items", "readwrite", (store, box) => read(store, (items) => {
      const going = items.filter(wanted);
      going.forEach((item) => store.delete(item.key));
      box.found = going.length;
    })).then((count) => { if (count) changed(); return count; });
  }

  function note(name, value) {
    if (value === undefined) {
      return run("notes", "readonly", (store, box) => {
        store.get(name).onsuccess = (event) => { box.found = event.target.result ? event.target.result.value : ""; };
      });
    }
    return run("notes", "readwrite", (store) => store.put({ name: name, value: value }));
  }

  const unsent = (item) => item.state === "waiting" || item.state === "sending";
  const taken = (item, now) => !locks && item.state === "sending" && item.lease > now;
  function due(item, now, hurry) {
    return unsent(item) && !taken(item, now) && (hurry || item.state === "sending" || (item.next || 0) <= now);
  }
  /* The next item that this session may send, taken by the caller until its lease ends; undefined for none. */
  function claim(who, hurry) {
    const now = Date.now();
    return run("items", "readwrite", (store, box) => read(store, (items) => {
      const own = items.filter((item) => item.scope === who.account && item.county === who.county && unsent(item));
      if (own.some((item) => taken(item, now))) return; // one after the other, in the order in which they were written
      box.found = own.find((item) => due(item, now, hurry));
      if (!box.found) return;
      box.found.state = "sending";
      box.found.lease = now + LEASE;
      store.put(box.found);
    }));
  }

  function lease(key) {
    return run("items", "readwrite", (store) => {
      store.get(key).onsuccess = (event) => {
        const item = event.target.result;
        if (item && item.state === "sending") store.put(Object.assign(item, { lease: Date.now() + LEASE }));
      };
    });
  }

  function timed(url, options) {
    const stop = new self.AbortController();
    const clock = self.setTimeout(() => stop.abort(), PATIENCE);
    const done = () => self.clearTimeout(clock);
    const going = self.fetch(url, Object.assign({ credentials: "same-origin", cache: "no-store", signal: stop.signal }, options));
    going.then(done, done);
    return going;
  }
  /* Who is signed in: {account, county, token}; null where that cannot be told now or a gate stands before everything. */
  async function whoami() {
    for (let turn = 0; turn < 2; turn += 1) { // a session that ends by this very question says so once
      const answer = await timed(SESSION, { headers: { Accept: "application/json" } });
      if (answer.ok) {
        const told = await answer.json();
        if (typeof told.token === "string" && typeof told.account === "string") return told;
      }
      if (answer.status !== 401) return null;
    }
    return null;
  }

  /* The reasons that a page of refusal shows, as plain text. */
  function reasons(html) {
    const found = /<(ul|div) data-reasons>([\s\S]*?)<\/\1>/.exec(html);
    const text = found ? found[2].replace(/<\/(li|p)>\s*<(li|p)>/g, "；").replace(/<[^>]*>/g, "") : "";
    const signs = { lt: "<", gt: ">", quot: '"', "#x27": "'", "#39": "'", amp: "&" };
    return text.replace(/&(#?\w+);/g, (whole, name) => signs[name] || whole).trim();
  }
  async function understood(answer) {
    if (answer.ok && answer.redirected && new URL(answer.url).pathname.indexOf("/accounts/") !== 0) {
      return { state: "sent", address: answer.url };
    }
    const json = (answer.headers.get("Content-Type") || "").indexOf("application/json") === 0;
    const body = await answer.text();
    let told = {};
    try {
      if (json) told = JSON.parse(body);
    } catch (error) { /* then its number has to do */ }
    if (GATES.indexOf(told.code) >= 0) return { state: "waiting", why: "sign-in" };
    const token = answer.status === 403 && !json; // the form's token was refused: another one is asked for the next time
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408 || token) return { state: "waiting", why: "server" };
    return { state: "refused", told: told.message || reasons(body), status: answer.status };
  }
  async function send(item, who) {
    const body = new self.FormData();
    item.fields.forEach((field) => {
      if (field.length > 2) body.append(field[0], field[1], field[2]);
      else body.append(field[0], field[1]);
    });
    body.append("csrfmiddlewaretoken", who.token);
    const still = self.setInterval(() => lease(item.key).catch(() => null), RENEW);
    try {
      return await understood(await timed(item.url, { method: "POST", body: body, headers: { Accept: "application/json" } }));
    } catch (error) {
      return { state: "waiting", why: "network" };
    } finally {
      self.clearInterval(still);
    }
  }
  function settle(key, told) {
    return edit(key, (item) => {
      if (item.state === "sent") return;
      item.state = told.state;
      item.why = told.why || "";
      delete item.lease;
      if (told.state === "waiting") {
        item.tries = (item.tries || 0) + 1;
        item.next = Date.now() + Math.min(LONGEST_PAUSE, FIRST_PAUSE * Math.pow(2, item.tries - 1));
      } else if (told.state === "refused") {
        item.told = told.told;
        item.status = told.status;
      } else {
        item.address = told.address;
        item.sent_at = Date.now();
        delete item.fields;
        delete item.draft;
      }
    });
  }

  /* Sent and nothing to hold on to: gone after a day. A receipt is its reporter's only key and stays until he lets it go. */
  const receipt = (item) => /\/r\/[^/]+\//.test(item.address || "");
  const old = (item) => item.state === "sent" && !receipt(item) && item.sent_at < Date.now() - DAY;

  async function work(hurry) {
    const items = await all();
    if (items.some(old)) await wipe(old);
    if (!items.some((item) => due(item, Date.now(), hurry))) return "";
    let who = null;
    try {
      who = await whoami();
    } catch (error) {
      return "network";
    }
    if (!who) return "server";
    if (who.account) await wipe((item) => item.scope !== "" && item.scope !== who.account);
    await note("account", who.account);
    for (;;) {
      const item = await claim(who, hurry);
      if (!item) return "";
      const told = await send(item, who);
      await settle(item.key, told);
      if (told.state === "waiting") return told.why;
    }
  }
  /* Send what waits and may be sent by whoever is signed in; "" or why it stopped: network, server, sign-in. Without `hurry`
     what failed before waits for its turn. */
  function drain(hurry) {
    if (!running) {
      const end = () => { running = null; };
      running = locks ? locks.request("mulin.queue", () => work(hurry)) : work(hurry);
      running.then(end, end);
    }
    return running;
  }
  /* Milliseconds until something is due again; null where nothing waits. */
  function pause(items) {
    const next = items.filter(unsent).map((item) => (item.state === "sending" ? item.lease : item.next || 0));
    return next.length ? Math.max(1000, Math.min.apply(null, next) - Date.now()) : null;
  }

  self.mulinQueue = {
    all: all, get: get, put: put, drop: drop, edit: edit, wipe: wipe, note: note, drain: drain, pause: pause, unsent: unsent,
    receipt: receipt, listen: (listener) => listeners.push(listener),
  };
})(self);
