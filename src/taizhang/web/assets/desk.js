// The linkage desk by keyboard: J and K go on and back, S and D say same or different. The buttons do the same without it.
document.addEventListener("keydown", (event) => {
  const desk = document.querySelector("[data-desk]");
  if (!desk || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const pairs = [...desk.querySelectorAll("[data-pair]")];
  const at = pairs.indexOf(document.activeElement?.closest("[data-pair]"));
  const pressed = event.key.toLowerCase();
  if (pressed === "j" || pressed === "k") {
    event.preventDefault();
    pairs[Math.min(Math.max(at + (pressed === "j" ? 1 : -1), 0), pairs.length - 1)]?.focus();
    return;
  }
  const button = at >= 0 && pairs[at].querySelector(`[data-key="${CSS.escape(pressed)}"]`);
  if (button) {
    event.preventDefault();
    button.click();
  }
});
