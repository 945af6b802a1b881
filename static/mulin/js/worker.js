/* The service worker behind /sw.js: files of this version from the phone, the last good copy of the few pages that say they may
   lie there (header X-Keep-Offline: whose they are), and what waits to be sent once the network is back. A form is never
   touched here: only the queue sends. ES2017 (Chromium 78). */
(function (self) {
  "use strict";
  const FILES = "mulin.files";
  const PAGES = "mulin.pages";
  const SHELL = "mulin.shell";
  const WAITING = "/waiting/";
  const MOST_FILES = 120;
  const MOST_PAGES = 30;
  const LARGEST = 600 * 1024; // bytes of a file that is worth its room
  const HOURS_KEPT = 24;
  const FRESH = 3600 * 1000; // a copy younger than this is not fetched again beforehand
  const HASHED = /^\/static\/.*\.[0-9a-f]{12}\.[a-z0-9]+$/;
  const CASE = /^\/desk\/cases\/[^/]+\/$/;
  const queue = self.mulinQueue;

  async function trim(cache, most) {
    const keys = await cache.keys();
    await Promise.all(keys.slice(0, Math.max(0, keys.length - most)).map((key) => cache.delete(key)));
  }

  // ── files: their names carry what is in them, so a copy is never wrong ──
  async function file(url) {
    const cache = await self.caches.open(FILES);
    const known = await cache.match(url);
    if (known) return known;
    const answer = await self.fetch(url);
    if (answer.ok && Number(answer.headers.get("Content-Length") || 0) < LARGEST) {
      await cache.put(url, answer.clone());
      await trim(cache, MOST_FILES);
    }
    return answer;
  }
  function files(html) {
    const found = html.match(/(?:href|src)="(\/static\/[^"#?]+)/g) || [];
    return Array.from(new Set(found.map((one) => one.slice(one.indexOf("/"))))).filter((path) => HASHED.test(path));
  }

  // ── pages ──
  const age = (copy) => Date.now() - Number(copy.headers.get("X-Kept-At"));
  async function tidy(cache) {
    for (const key of await cache.keys()) {
      const copy = await cache.match(key);
      if (copy && age(copy) > HOURS_KEPT * 3600 * 1000) await cache.delete(key);
    }
    await trim(cache, MOST_PAGES);
  }
  async function keep(url, answer, name) {
    const whose = answer.headers.get("X-Keep-Offline");
    if (!whose || answer.status !== 200) return;
    const html = await answer.text();
    const headers = new Headers(answer.headers);
    ["Content-Encoding", "Content-Length", "Set-Cookie", "Vary"].forEach((unwanted) => headers.delete(unwanted));
    headers.set("X-Kept-At", String(Date.now()));
    const cache = await self.caches.open(name);
    await cache.delete(url, { ignoreVary: true });
    await cache.put(url, new Response(html, { status: 200, headers: headers }));
    if (name === PAGES) await tidy(cache);
    await Promise.all(files(html).map((path) => file(path).catch(() => null)));
  }
  /* A copy says when it was made, so that its reader learns that it may be old. */
  async function dated(copy) {
    const html = await copy.text();
    return new Response(html.replace("<body ", '<body data-copy="' + copy.headers.get("X-Kept-At") + '" '), {
      status: 200, headers: copy.headers,
    });
  }
  async function kept(url) {
    const cache = await self.caches.open(PAGES);
    const whose = (await queue.note("account")) || "-";
    const own = (copy) => copy && copy.headers.get("X-Keep-Offline") === whose && age(copy) <= HOURS_KEPT * 3600 * 1000;
    const wanted = [url];
    // A report without its place: he says it himself. A case with another act opened.
    if (url.pathname === "/report/" || CASE.test(url.pathname)) wanted.push(new URL(url.pathname, url));
    for (const one of wanted) {
      const copy = await cache.match(one.href, { ignoreVary: true });
      if (own(copy)) return copy;
    }
    return null;
  }
  async function navigate(event) {
    const url = new URL(event.request.url);
    url.hash = "";
    try {
      const answer = (await event.preloadResponse) || (await self.fetch(event.request));
      if (url.pathname !== WAITING && answer.headers.get("X-Keep-Offline")) {
        const bare = url.searchParams.has("done") ? new URL(url.pathname, url).href : ""; // without what was just done
        const kept = bare ? fetchAhead([bare], PAGES, true) : keep(url.href, answer.clone(), PAGES);
        event.waitUntil(kept.catch(() => null)); // no room: then there is no copy
      }
      return answer;
    } catch (error) {
      const spot = /^\/p\/([^/]+)\/$/.exec(url.pathname); // the code on a pole leads to a report from there
      if (spot) return Response.redirect(new URL("/report/?spot=" + spot[1], url).href, 302);
      const copy = await kept(url).catch(() => null);
      const shell = copy ? null : await (await self.caches.open(SHELL)).match(WAITING, { ignoreVary: true });
      if (!copy && !shell) throw error;
      return dated(copy || shell);
    }
  }

  /* Fetch beforehand what a page says will be wanted without a network. */
  async function fetchAhead(urls, name, again) {
    const cache = await self.caches.open(name);
    for (const url of urls.slice(0, 12)) {
      const copy = await cache.match(url, { ignoreVary: true });
      if (copy && !again && age(copy) < FRESH) continue;
      await keep(url, await self.fetch(url, { credentials: "same-origin", headers: { Accept: "text/html" } }), name);
    }
  }

  self.addEventListener("install", (event) => {
    event.waitUntil(fetchAhead([WAITING], SHELL, true).then(() => self.skipWaiting()));
  });
  self.addEventListener("activate", (event) => {
    const preload = self.registration.navigationPreload ? self.registration.navigationPreload.enable() : null;
    event.waitUntil(Promise.resolve(preload).then(() => self.clients.claim()));
  });
  self.addEventListener("fetch", (event) => {
    const url = new URL(event.request.url);
    if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
    if (event.request.mode === "navigate") event.respondWith(navigate(event));
    else if (HASHED.test(url.pathname)) event.respondWith(file(url.pathname));
  });
  self.addEventListener("message", (event) => {
    const told = event.data || {};
    const ahead = (urls, name, again) => event.waitUntil(fetchAhead(urls, name, again).catch(() => null));
    if (Array.isArray(told.keep)) ahead(told.keep, PAGES, false);
    if (told.claim) event.waitUntil(self.clients.claim());
    if (told.shell) ahead([WAITING], SHELL, true);
  });
  /* Rejecting asks the browser to wake this worker again later. */
  self.addEventListener("sync", (event) => {
    event.waitUntil(queue.drain(true).then((why) => {
      if (why === "network" || why === "server") throw new Error(why);
    }));
  });
})(self);
