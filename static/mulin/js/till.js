/* The till's form for a paper passbook: says when it was done, and, kept without a network, checks what the phone can check: the
   number's check character, and the floor of points for one passbook and day. ES2017 (Chromium 78). */
(function () {
  "use strict";
  const queue = window.mulinQueue;
  const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // kernel/ids.py
  const ALIKE = { I: "1", L: "1", O: "0", U: "V" };
  const SHAPE = /^([0-9]{6})([0-9A-Z]{8})([0-9A-Z])$/;
  let kept = []; // what waits on this phone

  /* The canonical number of what was typed, "" where it cannot be one. */
  function number(text) {
    const plain = text.normalize("NFKC").toUpperCase().replace(/[\s\-‐-―−_.]+/g, "").replace(/[ILOU]/g, (char) => ALIKE[char]);
    const parts = SHAPE.exec(plain);
    if (!parts) return "";
    const digits = Array.from(parts[1] + parts[2]);
    const total = digits.reduce((sum, char, place) => sum + (place + 1) * ALPHABET.indexOf(char), 0);
    return ALPHABET[total % 31] === parts[3] ? parts[1] + "-" + parts[2] + parts[3] : "";
  }
  const day = (stamp) => new Date(stamp).toDateString();
  const said = (item, name) => (item.fields.find((field) => field[0] === name) || ["", ""])[1];
  function prices(form) {
    return new Map(form.dataset.prices.trim().split(" ").map((pair) => [pair.split(":")[0], Number(pair.split(":")[1])]));
  }
  /* Points that this phone keeps of a passbook today and that have not been sent. */
  function waiting(form, book) {
    const path = window.location.pathname;
    const own = kept.filter((item) => item.fields && item.url === path && queue.unsent(item) && day(item.at) === day(Date.now()));
    const points = prices(form);
    return own.filter((item) => number(said(item, "number")) === book)
      .reduce((sum, item) => sum + (points.get(said(item, "offer")) || 0), 0);
  }
  function refuse(event, why) {
    event.preventDefault();
    event.detail.why = why;
  }
  function keeping(event) {
    const form = event.target;
    const words = form.dataset;
    const chosen = form.querySelector("input[name=offer]:checked");
    const book = number(form.elements.number.value);
    if (!chosen) return refuse(event, words.noOffer);
    if (!book) return refuse(event, words.badNumber);
    if (!form.elements.check.value.trim()) return refuse(event, words.noCheck);
    const points = prices(form).get(chosen.value) || 0;
    if (waiting(form, book) + points > Number(words.floor)) return refuse(event, words.over.replace("%s", words.floor));
    form.elements.offline.value = "1";
    form.elements.done_at.value = new Date().toISOString();
    const label = chosen.closest("label");
    form.elements.note.value = words.said.replace("%s", label ? label.textContent.trim() : "").replace("%t", book.slice(-4));
    return undefined;
  }
  const read = () => queue.all().then((items) => { kept = items; }).catch(() => null);

  window.mulin.start((part) => {
    if (document.body.dataset.copy) part.querySelectorAll("form[data-till-code]").forEach((form) => { form.hidden = true; }); // needs a network
    part.querySelectorAll("form[data-till]").forEach((form) => {
      if (form.dataset.tillOn) return;
      form.dataset.tillOn = "1";
      form.addEventListener("submit", () => { form.elements.offline.value = form.elements.done_at.value = ""; }, true);
      form.addEventListener("queue:keep", keeping);
    });
  });
  if (queue && window.indexedDB) {
    queue.listen(read);
    read();
  }
})();
