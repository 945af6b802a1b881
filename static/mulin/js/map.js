/* Grids and cases drawn by Leaflet on plain paper. No tiles are needed; data-tiles adds some beneath. A case's state is told by
   the shape of its mark and by words, never by colour alone; the page carries the same things as a list. */
(function () {
  "use strict";
  const SHAPES = {
    green: ["#1a6a3a", '<circle cx="12" cy="12" r="9.5"/><path d="M12 7v5.2l3 2" class="m"/>'],
    yellow: ["#8a5a00", '<path d="M12 2.5 22.5 21h-21z"/><path d="M12 9v6M12 17.5v.3" class="m"/>'],
    red: ["#a11a1a", '<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z"/><path d="M8.5 8.5l7 7M15.5 8.5l-7 7" class="m"/>'],
    grey: ["#535c60", '<rect x="3" y="3" width="18" height="18" rx="3"/><path d="M9.5 8v8M14.5 8v8" class="m"/>'],
    done: ["#0d5663", '<circle cx="12" cy="12" r="9.5"/><path d="M7.5 12.5l3 3 6-6.5" class="m"/>'],
  };
  const TINTS = ["#cfe3e6", "#f3dcc9", "#d9e6cf", "#efe3b8", "#e3d6e8", "#d3dcee"];

  function shape(light) {
    const drawn = SHAPES[light] || SHAPES.grey;
    return '<svg viewBox="0 0 24 24" aria-hidden="true" fill="' + drawn[0] + '" stroke="#fff" stroke-width="1.5" stroke-linejoin="round">' +
      drawn[1].replace('class="m"', 'fill="none" stroke-width="2.2" stroke-linecap="round"') + "</svg>";
  }
  function popup(title, lines, url, words) {
    const box = window.mulin.element("div");
    box.appendChild(window.mulin.element("b", "", title));
    lines.filter(Boolean).forEach((line) => box.appendChild(window.mulin.element("p", "", line)));
    if (url) {
      const link = window.mulin.element("a", "", words || window.mulin.word("open"));
      link.href = url;
      box.appendChild(link);
    }
    return box;
  }
  async function fetched(url) {
    const answer = await fetch(url, { credentials: "same-origin", headers: { Accept: "application/geo+json, application/json" } });
    if (!answer.ok) throw new Error("HTTP " + answer.status);
    return answer.json();
  }
  function message(element, phrase) {
    element.querySelectorAll(".map-message").forEach((old) => old.remove());
    const line = window.mulin.element("p", "map-message", phrase);
    line.setAttribute("role", "status");
    element.appendChild(line);
  }
  function north() {
    const control = window.L.control({ position: "topright" });
    control.onAdd = () => {
      const box = window.mulin.element("div", "map-north", window.mulin.word("north"));
      box.insertAdjacentHTML("beforeend", '<svg viewBox="0 0 22 26" aria-hidden="true"><path d="M11 1 19 24 11 18.5 3 24z" fill="#1d2427"/></svg>');
      return box;
    };
    return control;
  }

  function grids(map, data) {
    let turn = 0;
    return window.L.geoJSON(data, {
      style: () => ({ color: "#0d5663", weight: 2, fillColor: TINTS[turn++ % TINTS.length], fillOpacity: 0.62 }),
      onEachFeature: (feature, layer) => {
        const facts = feature.properties || {};
        layer.bindTooltip(String(facts.name || facts.code || ""), { permanent: true, direction: "center", className: "map-grid-name", interactive: false });
        layer.bindPopup(popup(facts.name || window.mulin.word("grid"), [facts.code, facts.note], facts.url));
      },
    }).addTo(map);
  }
  function names(map, layer) {
    // A name is shown where its grid is wide enough to carry it.
    layer.eachLayer((grid) => {
      const bounds = grid.getBounds();
      const width = map.latLngToLayerPoint(bounds.getNorthEast()).x - map.latLngToLayerPoint(bounds.getSouthWest()).x;
      const label = grid.getTooltip() && grid.getTooltip().getElement();
      if (label) label.hidden = width < label.textContent.length * 13 + 6;
    });
  }
  function bubble(facts) {
    // The larger the number the larger the ring; the mark of what is late sits on it, and the words say how many.
    const size = facts.count < 10 ? 44 : facts.count < 100 ? 52 : facts.count < 1000 ? 60 : 70;
    const shown = facts.count > 9999 ? Math.round(facts.count / 1000) + "k" : String(facts.count);
    const late = facts.late ? '<span class="map-late">' + shape("red") + "</span>" : "";
    return window.L.divIcon({ className: "map-cluster", html: "<b>" + shown + "</b>" + late, iconSize: [size, size] });
  }
  function cluster(map, facts, where) {
    const box = popup(facts.title, [facts.note], facts.url, window.mulin.word("list"));
    if (map.getZoom() < map.getMaxZoom()) {
      const nearer = window.mulin.element("button", "btn btn-sm", window.mulin.word("zoom-in"));
      nearer.type = "button";
      nearer.addEventListener("click", () => {
        map.closePopup();
        map.setView(where, Math.min(map.getMaxZoom(), Math.floor(map.getZoom()) + 2));
      });
      box.appendChild(nearer);
    }
    const title = [facts.title, facts.note].filter(Boolean).join(" · ");
    return window.L.marker(where, { icon: bubble(facts), title: title, keyboard: false, zIndexOffset: 1000 }).bindPopup(box);
  }
  function marks(map, data) {
    const used = {};
    const word = window.mulin.word;
    const layer = window.L.geoJSON(data, {
      pointToLayer: (feature, where) => {
        const facts = feature.properties || {};
        if (facts.count) {
          if (facts.late) used.red = true;
          return cluster(map, facts, where);
        }
        const light = SHAPES[facts.light] ? facts.light : "grey";
        used[light] = true;
        const title = [facts.number, facts.title, facts.state || word(light)].filter(Boolean).join(" · ");
        const icon = window.L.divIcon({ className: "map-mark", html: shape(light), iconSize: [44, 44], iconAnchor: [22, 22] });
        return window.L.marker(where, { icon: icon, title: title, keyboard: false })
          .bindPopup(popup(facts.title || facts.number, [facts.number, facts.state || word(light)], facts.url));
      },
    }).addTo(map);
    // Two hundred tab stops would help nobody: the list below the map holds the same cases for keyboard and screen reader.
    layer.eachLayer((mark) => {
      const element = mark.getElement();
      if (element) element.setAttribute("aria-hidden", "true");
    });
    return { layer: layer, used: used };
  }
  function key(element, used) {
    const list = element.parentNode.querySelector("[data-map-key]");
    if (!list) return;
    list.textContent = "";
    Object.keys(SHAPES).filter((light) => used[light]).forEach((light) => {
      const item = window.mulin.element("li");
      item.innerHTML = shape(light);
      item.appendChild(document.createTextNode(window.mulin.word(light)));
      list.appendChild(item);
    });
  }

  /* The cases of what is in view, asked for anew when the view has moved; an answer that comes too late is dropped. */
  function follow(element, map) {
    let shown = null, asked = 0, waiting = 0;
    const fill = async () => {
      const turn = ++asked, box = map.getBounds();
      const view = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((degrees) => degrees.toFixed(6)).join(",");
      const url = element.dataset.cases + (element.dataset.cases.includes("?") ? "&" : "?") + "bbox=" + view + "&zoom=" + map.getZoom();
      const data = await fetched(url);
      if (turn !== asked) return;
      if (shown) shown.remove();
      const found = marks(map, data);
      shown = found.layer;
      key(element, found.used);
      const note = element.parentNode.querySelector("[data-map-capped]");
      if (note) note.hidden = !data.capped;
    };
    const again = () => {
      clearTimeout(waiting);
      // An open popup moves the map a little to be whole: the mark it belongs to stays until it is closed.
      if (element.querySelector(".leaflet-popup")) return;
      waiting = setTimeout(() => fill().catch(() => message(element, window.mulin.word("map-failed"))), 150);
    };
    map.on("moveend", again);
    map.on("popupclose", () => setTimeout(again, 250));
    return fill();
  }

  async function open(element) {
    if (element.dataset.mapOn || !window.L) return;
    element.dataset.mapOn = "1";
    const word = window.mulin.word;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const map = window.L.map(element, { zoomControl: false, attributionControl: Boolean(element.dataset.tiles), zoomSnap: 0.25, maxZoom: 19, scrollWheelZoom: false, fadeAnimation: !still, zoomAnimation: !still, markerZoomAnimation: !still });
    map.setView([41.4, 119.64], 12);
    window.L.control.zoom({ zoomInTitle: word("zoom-in"), zoomOutTitle: word("zoom-out") }).addTo(map);
    window.L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);
    north().addTo(map);
    if (element.dataset.tiles) window.L.tileLayer(element.dataset.tiles, { attribution: element.dataset.attribution || "" }).addTo(map);
    try {
      const area = grids(map, await fetched(element.dataset.geojson));
      let bounds = area.getBounds();
      if (!bounds.isValid() && element.dataset.cases) bounds = window.L.geoJSON(await fetched(element.dataset.cases)).getBounds();
      if (!bounds.isValid()) {
        message(element, word("map-empty"));
        return;
      }
      map.fitBounds(bounds, { padding: [18, 18], maxZoom: 17, animate: false });
      if (element.dataset.cases) await follow(element, map);
      map.on("zoomend", () => names(map, area));
      names(map, area);
    } catch (error) {
      message(element, word("map-failed"));
    }
  }
  window.mulin.start((part) => part.querySelectorAll("[data-map]").forEach(open));
})();
