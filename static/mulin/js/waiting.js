/* The list of what lies on this phone: waiting, refused, sent. Only the page /waiting/ loads it. */
(function () {
  "use strict";
  const mulin = window.mulin;
  const queue = window.mulinQueue;
  const box = document.querySelector("[data-waiting]");
  const say = (name, value) => {
    const phrase = box.dataset[name] || "";
    return value === undefined ? phrase : phrase.replace("%s", value);
  };
  const part = (name) => box.querySelector("[data-part=" + name + "]");
  const large = document.documentElement.classList.contains("large");

  function button(text, className, press) {
    const made = mulin.element("button", className, text);
    made.type = "button";
    made.addEventListener("click", () => press(made));
    return made;
  }
  /* Pressed once it asks, pressed again it does. */
  function twice(text, press) {
    return button(text, "btn btn-sm btn-quiet", (made) => {
      if (made.dataset.sure) press();
      made.dataset.sure = "1";
      made.textContent = say("sure");
    });
  }
  function state(item, who) {
    if (item.state === "sending") return ["clock", say("sending")];
    if (item.state === "refused") return ["warning", item.told ? say("refused", item.told) : say("refusedPlain")];
    if (item.state === "sent") return ["tick-circle", say("sent", mulin.when(item.sent_at))];
    if (item.scope !== who) return ["key", item.scope ? say("signIn") : say("signOut")];
    if (item.county !== (document.body.dataset.county || "")) return ["info", say("otherCounty")];
    if (item.why === "server") return ["clock", say("later")];
    return ["clock", say("waits")];
  }
  function change(item) {
    if (item.draft) mulin.writeDraft(item.draft.key, item.draft.fields);
    try {
      window.sessionStorage.setItem("mulin.reopen", item.key);
    } catch (error) { /* then the photos are chosen again by hand */ }
    window.location.assign(item.page);
  }
  function row(item, who) {
    const line = mulin.element("li", "card waiting-item");
    line.appendChild(mulin.element("h3", "", item.title));
    if (item.text) line.appendChild(mulin.element("p", "pre-line", item.text));
    const photos = (item.fields || []).filter((field) => field[1] instanceof Blob && field[1].type.indexOf("image/") === 0).length;
    const facts = [say("written", mulin.when(item.at))].concat(photos ? [say("photos", photos)] : []);
    line.appendChild(mulin.element("p", "muted small", facts.join(" · ")));
    const told = state(item, who);
    const status = line.appendChild(mulin.element("p", "waiting-state is-" + item.state, ""));
    status.appendChild(mulin.icon(told[0]));
    status.appendChild(document.createTextNode(told[1]));
    const acts = mulin.element("p", "cluster");
    if (item.state === "sent") {
      const link = acts.appendChild(mulin.element("a", "btn", queue.receipt(item) ? say("receipt") : say("follow")));
      link.href = item.address;
      if (!large) acts.appendChild(twice(say("dismiss"), () => queue.drop(item.key)));
    } else if (item.state === "refused") {
      acts.appendChild(button(say("change"), "btn", () => change(item)));
      if (!large) acts.appendChild(twice(say("drop"), () => queue.drop(item.key)));
    } else if (item.state === "waiting") {
      if (!item.scope && who) {
        acts.appendChild(button(say("mine"), "btn btn-sm", () => queue.edit(item.key, (one) => { one.scope = who; }).then(mulin.sendWaiting)));
      }
      if (!large) acts.appendChild(twice(say("drop"), () => queue.drop(item.key)));
    }
    if (acts.firstChild) line.appendChild(acts);
    return line;
  }
  async function draw() {
    const items = await queue.all();
    const who = await mulin.queueAccount();
    const own = items.filter((item) => item.scope === who || item.scope === "");
    const others = items.filter((item) => item.scope !== who && item.scope !== "" && queue.unsent(item)).length;
    const groups = {
      left: own.filter(queue.unsent), refused: own.filter((item) => item.state === "refused"),
      sent: own.filter((item) => item.state === "sent").reverse(),
    };
    Object.keys(groups).forEach((name) => {
      const place = part(name);
      place.hidden = !groups[name].length;
      const list = place.querySelector("ul");
      list.textContent = "";
      groups[name].forEach((item) => list.appendChild(row(item, who)));
    });
    part("others").hidden = !others;
    part("others").querySelector("span").textContent = others ? say("others", others) : "";
    part("send").hidden = !groups.left.length;
    part("none").hidden = Boolean(own.length || others);
    groups.sent.filter((item) => !item.seen).forEach((item) => queue.edit(item.key, (one) => { one.seen = true; }));
  }
  let drawn = Promise.resolve();
  const show = () => { drawn = drawn.then(draw).catch(() => { part("cannot").hidden = false; }); };
  part("send").querySelector("button").addEventListener("click", () => mulin.sendWaiting());
  queue.listen(show);
  show();
})();
