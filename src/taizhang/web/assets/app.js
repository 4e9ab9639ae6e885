// What every page carries. Every page also works without it: forms post, links open, <details> fold.
import htmx from "htmx.org";
import "./desk.js";
import "./upload.js";

window.htmx = htmx;

// "/" goes to the search field, unless somebody is typing.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const search = document.querySelector(".bar-search input");
  if (search) {
    event.preventDefault();
    search.focus();
  }
});

// A menu made of <details> closes when the reader goes elsewhere or presses Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A revealed value covers itself when its time is over: the server sends the covered form again.
function coverLater(rootElement) {
  for (const shown of rootElement.querySelectorAll("[data-cover-after]")) {
    if (shown.dataset.counting) continue;
    shown.dataset.counting = "1";
    const end = Date.now() + Number(shown.dataset.coverAfter) * 1000;
    const seconds = shown.querySelector("[data-seconds]");
    const tick = setInterval(() => {
      const left = Math.ceil((end - Date.now()) / 1000);
      if (seconds) seconds.textContent = String(Math.max(left, 0));
      if (left > 0 && shown.isConnected) return;
      clearInterval(tick);
      if (shown.isConnected) shown.replaceChildren(document.createTextNode(shown.dataset.cover || "****"));
    }, 500);
  }
}
document.addEventListener("DOMContentLoaded", () => coverLater(document));
document.addEventListener("htmx:load", (event) => coverLater(event.target));

// The list form answers at once when a choice changes; without scripts its button does.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-at-once]");
  if (form) form.requestSubmit();
});

// A table of a form grows by a row: the last one again, empty, under the next number. Without scripts three stand ready.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add-row]");
  if (!button) return;
  const body = button.parentElement.querySelector("tbody");
  const row = body.lastElementChild.cloneNode(true);
  for (const control of row.querySelectorAll("[name]")) {
    control.name = control.name.replace(/-(\d+)-/, (_, number) => `-${Number(number) + 1}-`);
    control.value = "";
  }
  body.append(row);
  row.querySelector("[name]").focus();
});

// Print buttons exist only where scripts run.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
document.documentElement.classList.add("has-script");

// When a part could not be fetched, say so at the part instead of doing nothing.
document.addEventListener("htmx:sendError", (event) => sayFailed(event.detail.elt));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status >= 500) sayFailed(event.detail.elt);
});
function sayFailed(element) {
  const words = document.body.dataset.failed;
  if (!words || element.parentElement?.querySelector(".note-failed")) return;
  const note = document.createElement("p");
  note.className = "note note-failed";
  note.setAttribute("role", "alert");
  note.textContent = words;
  element.insertAdjacentElement("afterend", note);
}
// A page that was refused for a reason people can act on (422, 409) is shown like any other.
document.addEventListener("htmx:beforeSwap", (event) => {
  if ([400, 403, 409, 422].includes(event.detail.xhr.status)) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});
