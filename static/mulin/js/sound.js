/* A minute of speech beside the words of a report: recorded where the browser can, heard before it is sent, taken out again;
   kept when the form comes back refused. Without this script, or where recording is refused, the plain file input still posts. */
(function () {
  "use strict";
  const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
  const ENDINGS = { "audio/webm": "webm", "audio/mp4": "m4a", "audio/ogg": "ogg" };

  function begin(field) {
    const part = (name) => field.querySelector("[data-sound-" + name + "]");
    const input = field.querySelector("[data-sound]");
    if (input.mulinSound) return;
    const most = Number(input.dataset.most);
    const kind = KINDS.find((one) => window.MediaRecorder.isTypeSupported(one));
    if (!kind) return;
    const words = part("words");
    let recorder = null;
    let clock = 0;
    let then = null; // what was to be sent when the recording still ran
    part("box").hidden = false;

    function show() {
      const file = input.files[0];
      const play = part("play");
      if (play.src) URL.revokeObjectURL(play.src);
      part("heard").hidden = !file;
      if (file) play.src = URL.createObjectURL(file);
      else play.removeAttribute("src");
    }
    function idle() {
      window.clearInterval(clock);
      words.textContent = words.dataset.idle;
      part("clock").textContent = "";
      recorder = null;
    }
    function keep(pieces) {
      const type = kind.split(";")[0];
      input.mulinSound.keep(new File(pieces, "report." + ENDINGS[type], { type: type }));
    }
    function record(stream) {
      const pieces = [];
      const started = Date.now();
      recorder = new window.MediaRecorder(stream, { mimeType: kind, audioBitsPerSecond: 24000 });
      recorder.addEventListener("dataavailable", (event) => { if (event.data.size) pieces.push(event.data); });
      recorder.addEventListener("stop", () => {
        stream.getTracks().forEach((track) => track.stop());
        idle();
        if (pieces.length) keep(pieces);
        if (then) then.click();
        then = null;
      });
      recorder.start();
      words.textContent = words.dataset.going;
      clock = window.setInterval(() => {
        const gone = Math.floor((Date.now() - started) / 1000);
        part("clock").textContent = gone + " / " + most;
        if (gone >= most && recorder && recorder.state === "recording") recorder.stop();
      }, 250);
    }
    part("start").addEventListener("click", () => {
      part("told").textContent = "";
      if (recorder) {
        if (recorder.state === "recording") recorder.stop();
        return;
      }
      navigator.mediaDevices.getUserMedia({ audio: true }).then(record, () => {
        part("told").textContent = input.dataset.refused;
      });
    });
    part("drop").addEventListener("click", () => { input.value = ""; show(); });
    input.addEventListener("change", show);
    input.mulinSound = {
      file: () => input.files[0],
      keep: (file) => {
        const box = new DataTransfer();
        box.items.add(file);
        input.files = box.files;
        show();
      },
    };
    // Sent while it still records: the recording is ended first, and goes along.
    input.form.addEventListener("submit", (event) => {
      if (!recorder || recorder.state !== "recording") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      then = event.submitter || input.form.querySelector("button:not([type=button])");
      recorder.stop();
    }, true);
  }

  if (!window.MediaRecorder || !navigator.mediaDevices || typeof DataTransfer !== "function") return;
  window.mulin.start((part) => part.querySelectorAll("[data-sound-field]").forEach(begin));
}());
