// Forms marked data-progress send their files with a progress bar; marked data-draft they keep what was typed.
// Without scripts the same form posts as it is, and the server keeps what was typed when it refuses.

function bar(form) {
  let box = form.querySelector(".progress");
  if (!box) {
    box = document.createElement("div");
    box.className = "progress";
    box.setAttribute("role", "status");
    const meter = document.createElement("progress");
    meter.max = 100;
    const words = document.createElement("span");
    box.append(meter, words);
    form.querySelector("[type=submit]").insertAdjacentElement("beforebegin", box);
  }
  return { meter: box.querySelector("progress"), words: box.querySelector("span") };
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-progress]") || event.defaultPrevented) return;
  const files = [...form.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
  if (!files.length) return;
  event.preventDefault();
  const data = new FormData(form);
  if (event.submitter?.name) data.append(event.submitter.name, event.submitter.value);
  const { meter, words } = bar(form);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  // Asked so, the server names where to go on instead of leading there: the page that is opened then is the first to
  // say that the act is done, and the request has not used up that sentence.
  request.setRequestHeader("HX-Request", "true");
  request.upload.addEventListener("progress", (sent) => {
    const percent = Math.floor((sent.loaded / sent.total) * 100);
    meter.value = percent;
    words.textContent = `${form.dataset.progress} ${percent}%`;
  });
  request.addEventListener("load", () => {
    forget(form, request);
    const onward = request.getResponseHeader("HX-Redirect");
    if (onward) {
      location.assign(onward);
      return;
    }
    document.open();
    document.write(request.responseText);
    document.close();
  });
  request.addEventListener("error", () => {
    words.textContent = form.dataset.lost;
    form.querySelector("[type=submit]").disabled = false;
  });
  form.querySelector("[type=submit]").disabled = true;
  request.send(data);
});

// Drafts stay in this browser only, for this session only, and never hold a field marked data-sealed.
const key = (form) => `draft:${form.dataset.draft}`;

function keep(form) {
  const typed = {};
  for (const control of form.elements) {
    if (!control.name || control.dataset.sealed !== undefined || ["file", "hidden", "password", "submit"].includes(control.type)) continue;
    if (["checkbox", "radio"].includes(control.type) && !control.checked) continue;
    (typed[control.name] ??= []).push(control.value);
  }
  sessionStorage.setItem(key(form), JSON.stringify(typed));
  const said = form.querySelector("[data-draft-said]");
  if (said) {
    const now = new Date();
    const time = `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
    said.textContent = said.dataset.draftSaid.replace("{}", time);
  }
}

function bring(form) {
  const typed = JSON.parse(sessionStorage.getItem(key(form)) || "null");
  if (!typed || form.dataset.refused !== undefined) return;
  for (const control of form.elements) {
    const values = typed[control.name];
    if (!values || ["file", "hidden"].includes(control.type)) continue;
    if (["checkbox", "radio"].includes(control.type)) control.checked = values.includes(control.value);
    else if (control.multiple) for (const option of control.options) option.selected = values.includes(option.value);
    else if (!control.value) control.value = values[0];
  }
}

function forget(form, request) {
  if (form.dataset.draft && request.status < 400) sessionStorage.removeItem(key(form));
}

let waiting;
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-draft]");
  if (!form) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => keep(form), 800);
});
document.addEventListener("DOMContentLoaded", () => {
  for (const form of document.querySelectorAll("form[data-draft]")) bring(form);
  // A page that says an act is done names the draft that may go.
  for (const done of document.querySelectorAll("[data-draft-done]")) sessionStorage.removeItem(`draft:${done.dataset.draftDone}`);
  if (document.body.dataset.loggedOut !== undefined) sessionStorage.clear();
});
