/* Photos are made small on the phone (longest side 1600 px, JPEG at 0.8) the right way up, shown before they are sent, and
   can be taken out again. The position that a camera wrote into a photo stays in it: the server reads and then removes it.
   Without this script the plain file input still posts. */
(function () {
  "use strict";
  const LONGEST = 1600;
  const QUALITY = 0.8;
  const LARGEST_UNTOUCHED = 8 * 1024 * 1024;
  // Two pixels with EXIF orientation 6: browsers that turn photos by themselves (Chromium from 81 on) see it one wide.
  const PROBE = "data:image/jpeg;base64," +
    "/9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/2wBDAP//" +
    "////////////////////////////////////////////////////////////////////////////////////" +
    "wAALCAABAAIBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEA" +
    "AD8AP//Z";

  function picture(url) {
    return new Promise((resolve, reject) => {
      const image = new Image();
      image.onload = () => resolve(image);
      image.onerror = () => reject(new Error("not a picture"));
      image.src = url;
    });
  }
  let turnsItself = null;
  function browserTurns() {
    turnsItself = turnsItself || picture(PROBE).then((image) => image.width === 1, () => true);
    return turnsItself;
  }

  /* EXIF of a JPEG: {orientation, segment, place} with the APP1 bytes, orientation set back to upright; null if none. */
  function exif(buffer) {
    const view = new DataView(buffer);
    if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return null;
    let at = 2;
    while (at + 10 < view.byteLength && view.getUint8(at) === 0xff) {
      const length = view.getUint16(at + 2);
      if (view.getUint16(at) === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return directory(buffer, at, length);
      at += 2 + length;
    }
    return null;
  }
  function directory(buffer, at, length) {
    if (at + 2 + length > buffer.byteLength) return null;
    const segment = new Uint8Array(buffer.slice(at, at + 2 + length));
    const view = new DataView(segment.buffer);
    const small = view.getUint16(10) === 0x4949;
    const found = { orientation: 1, place: false, segment: segment };
    const first = 10 + view.getUint32(14, small);
    if (first + 2 > view.byteLength) return null;
    const entries = view.getUint16(first, small);
    for (let i = 0; i < entries && first + 14 + 12 * i <= view.byteLength; i += 1) {
      const entry = first + 2 + 12 * i;
      const tag = view.getUint16(entry, small);
      if (tag === 0x8825) found.place = true;
      if (tag === 0x0112) {
        found.orientation = view.getUint16(entry + 8, small);
        view.setUint16(entry + 8, 1, small);
      }
    }
    return found;
  }

  function draw(image, orientation) {
    const scale = Math.min(1, LONGEST / Math.max(image.naturalWidth, image.naturalHeight));
    const width = Math.max(1, Math.round(image.naturalWidth * scale));
    const height = Math.max(1, Math.round(image.naturalHeight * scale));
    const canvas = document.createElement("canvas");
    const lying = orientation > 4;
    canvas.width = lying ? height : width;
    canvas.height = lying ? width : height;
    const brush = canvas.getContext("2d");
    brush.fillStyle = "#ffffff";
    brush.fillRect(0, 0, canvas.width, canvas.height);
    const turns = {
      2: [-1, 0, 0, 1, width, 0], 3: [-1, 0, 0, -1, width, height], 4: [1, 0, 0, -1, 0, height], 5: [0, 1, 1, 0, 0, 0],
      6: [0, 1, -1, 0, height, 0], 7: [0, -1, -1, 0, height, width], 8: [0, -1, 1, 0, 0, width],
    };
    if (turns[orientation]) brush.setTransform.apply(brush, turns[orientation]);
    brush.drawImage(image, 0, 0, width, height);
    return canvas;
  }

  async function smaller(file) {
    const url = URL.createObjectURL(file);
    try {
      const image = await picture(url);
      const found = file.type === "image/jpeg" ? exif(await new Response(file.slice(0, 262144)).arrayBuffer()) : null;
      const canvas = draw(image, (await browserTurns()) || !found ? 1 : found.orientation);
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
      if (!blob) throw new Error("no room for the canvas");
      const parts = found && found.place ? [blob.slice(0, 2), found.segment, blob.slice(2)] : [blob];
      const name = file.name.replace(/\.[^.]*$/, "") + ".jpg";
      return new File(parts, name, { type: "image/jpeg", lastModified: Date.now() });
    } catch (error) {
      if (/^image\/(jpeg|png|webp)$/.test(file.type) && file.size < LARGEST_UNTOUCHED && error.message !== "not a picture") return file;
      throw error;
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  function put(input, files) {
    try {
      const transfer = new DataTransfer();
      files.forEach((file) => transfer.items.add(file));
      input.files = transfer.files;
      return true;
    } catch (error) {
      return false; // an old engine: what the person chose is posted as it is
    }
  }

  function take(input) {
    if (input.mulinPhotos) return;
    const field = input.closest("[data-photo-field]");
    const list = field && field.querySelector("[data-photo-list]");
    if (!list) return;
    const word = window.mulin.word;
    const element = window.mulin.element;
    const most = Number(input.dataset.max || 3);
    const drop = input.closest(".photo-drop");
    let kept = [];
    let note = "";

    function show() {
      list.textContent = "";
      kept.forEach((file, index) => {
        const item = element("li");
        const image = element("img");
        image.alt = word("photo") + " " + (index + 1);
        image.src = URL.createObjectURL(file);
        image.onload = () => URL.revokeObjectURL(image.src);
        item.appendChild(image);
        item.appendChild(element("p", "", word("photo") + " " + (index + 1) + " · " + Math.max(1, Math.round(file.size / 1024)) + " KB"));
        const remove = element("button", "", word("remove"));
        remove.type = "button";
        remove.setAttribute("aria-label", word("remove") + "：" + word("photo") + " " + (index + 1));
        remove.addEventListener("click", () => {
          note = "";
          keep(kept.filter((other) => other !== file));
          input.focus();
        });
        item.appendChild(remove);
        list.appendChild(item);
      });
      if (note) {
        const item = element("li");
        item.setAttribute("role", "alert");
        item.appendChild(element("p", "is-bad", note));
        list.appendChild(item);
      }
      list.hidden = !list.children.length;
      if (drop) drop.hidden = kept.length >= most;
    }
    function keep(files) {
      kept = files;
      put(input, kept);
      show();
      input.dispatchEvent(new Event("draft:save", { bubbles: true }));
    }
    input.mulinPhotos = { files: () => kept, keep: keep };

    input.addEventListener("change", async () => {
      const chosen = Array.from(input.files);
      if (!chosen.length) {
        put(input, kept); // a cancelled chooser empties the input in some engines
        return;
      }
      const room = Math.max(0, most - kept.length);
      note = chosen.length > room ? word("photo-many") : "";
      list.hidden = false;
      list.appendChild(element("li", "", "")).appendChild(element("p", "", word("working")));
      const made = [];
      for (const file of chosen.slice(0, room)) {
        try {
          made.push(await smaller(file));
        } catch (error) {
          note = word("photo-bad");
        }
      }
      keep(kept.concat(made));
    });
  }

  window.mulin.start((part) => part.querySelectorAll("input[type=file][data-photo]").forEach(take));
})();
