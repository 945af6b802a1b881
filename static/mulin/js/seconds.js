// Counts down the seconds for which a code on the page still holds, and loads the page anew when they are over.
document.addEventListener("DOMContentLoaded", () => {
  const shown = document.querySelector("[data-seconds]");
  if (!shown) return;
  const until = Date.now() + 1000 * Number(shown.textContent);
  const timer = setInterval(() => {
    const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    shown.textContent = String(left);
    if (left === 0) {
      clearInterval(timer);
      location.reload();
    }
  }, 1000);
});
