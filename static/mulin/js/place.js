/* "Use my position": asks the phone once, on a press, and writes lon, lat (WGS-84 degrees) and accuracy (metres) into the hidden
   fields beside the button. Nothing is ever asked in the background. Every failure is said in words. */
(function () {
  "use strict";
  const ROUGH = 200; // metres: beyond this the words must say the place

  function watch(field) {
    const button = field.querySelector("[data-place-button]");
    const line = field.querySelector("[data-place-state]");
    if (!button || !line || field.dataset.placeOn) return;
    field.dataset.placeOn = "1";
    const word = window.mulin.word;
    const input = (name) => field.querySelector("input[name=" + name + "]");

    function say(phrase, tone, icon) {
      line.hidden = false;
      line.className = "place-state" + (tone ? " is-" + tone : "");
      line.textContent = "";
      line.appendChild(window.mulin.icon(icon));
      line.appendChild(window.mulin.element("span", "", phrase));
    }
    function found(accuracy) {
      const metres = Math.max(1, Math.round(accuracy));
      if (metres > ROUGH) say(word("located-rough", metres), "", "warning");
      else say(word("located", metres), "good", "tick-circle");
    }
    if (!navigator.geolocation || window.isSecureContext === false) {
      say(word("place-none"), "", "info");
      return;
    }
    button.hidden = false;
    field.mulinPlaceShown = () => {
      if (input("lon").value && input("accuracy").value) found(Number(input("accuracy").value));
    };
    field.mulinPlaceShown();

    button.addEventListener("click", () => {
      button.setAttribute("aria-busy", "true");
      say(word("locating"), "", "clock");
      navigator.geolocation.getCurrentPosition(
        (position) => {
          button.removeAttribute("aria-busy");
          input("lon").value = position.coords.longitude.toFixed(6);
          input("lat").value = position.coords.latitude.toFixed(6);
          input("accuracy").value = Math.round(position.coords.accuracy);
          found(position.coords.accuracy);
          field.dispatchEvent(new Event("draft:save", { bubbles: true }));
        },
        (error) => {
          button.removeAttribute("aria-busy");
          const phrase = { 1: "place-denied", 2: "place-none", 3: "place-slow" }[error.code] || "place-none";
          say(word(phrase), "bad", "warning");
        },
        { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 }
      );
    });
  }

  window.mulin.start((part) => part.querySelectorAll("[data-place]").forEach(watch));
  document.addEventListener("draft:restored", (event) => {
    event.target.querySelectorAll("[data-place]").forEach((field) => field.mulinPlaceShown && field.mulinPlaceShown());
  });
})();
