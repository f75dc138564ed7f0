/**
 * The import page: each chosen or dropped file is sent by itself, with its own progress and its own result;
 * what is changed about a file that is ready is kept at once. Without this script the page's forms do the same.
 */

const AT_ONCE = 3;

/** Which of the waiting files may start, so that at most `limit` are under way. */
export const startable = (waiting, going, limit = AT_ONCE) => waiting.slice(0, Math.max(0, limit - going));

/** Whole percents of what was sent; 100 only when all of it was. */
export const percent = (loaded, total) => (total ? Math.floor((loaded * 100) / total) : 0);

/** A file's size in words, as the server writes it: "6.3 KB". */
export function inWords(bytes, locale = "en") {
  const units = ["bytes", "KB", "MB", "GB"];
  const step = Math.min(units.length - 1, bytes < 1024 ? 0 : Math.floor(Math.log(bytes) / Math.log(1024)));
  const digits = step ? 1 : 0;
  const number = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${number.format(bytes / 1024 ** step)} ${units[step]}`;
}

const waiting = [];
const going = new Set();

function fromTemplate(id, file) {
  const line = document.getElementById(id).content.firstElementChild.cloneNode(true);
  const name = line.querySelector(".up-name");
  name.textContent = name.title = file.name;
  line.querySelector(".up-meta").textContent = inWords(file.size, document.documentElement.lang);
  return line;
}

function refuse(file, why, drop, inPlaceOf = null) {
  const line = fromTemplate("upload-refused", file);
  const words = line.querySelector("[data-says]");
  words.textContent = words.dataset[why] ?? why;
  line.querySelector("[data-do=forget]").addEventListener("click", () => line.remove());
  const again = line.querySelector("[data-do=again]");
  again.hidden = !["broken", "signedOut"].includes(why);
  again.addEventListener("click", () => {
    line.remove();
    add([file], drop);
  });
  if (inPlaceOf) inPlaceOf.replaceWith(line);
  else document.getElementById("uploads").append(line);
}

function add(files, drop) {
  for (const file of files) {
    if (file.size > Number(drop.dataset.limit)) {
      refuse(file, "large", drop);
      continue;
    }
    const line = fromTemplate("upload-going", file);
    const job = { file, line, request: null };
    line.querySelector("[data-do=stop]").addEventListener("click", () => stop(job, drop));
    line.querySelector("[role=progressbar]").setAttribute("aria-label", file.name);
    show(job, 0);
    document.getElementById("uploads").append(line);
    waiting.push(job);
  }
  next(drop);
}

function next(drop) {
  for (const job of startable(waiting, going.size)) {
    waiting.splice(waiting.indexOf(job), 1);
    going.add(job);
    send(job, drop);
  }
}

function stop(job, drop) {
  if (waiting.includes(job)) waiting.splice(waiting.indexOf(job), 1);
  job.request?.abort();
  going.delete(job);
  job.line.remove();
  document.getElementById("files").focus();
  next(drop);
}

function show(job, done) {
  const bar = job.line.querySelector("[role=progressbar]");
  const state = job.line.querySelector(".up-state");
  bar.setAttribute("aria-valuenow", String(done));
  bar.firstElementChild.style.width = `${done}%`;
  state.textContent = done < 100 ? state.dataset.sending.replace("%s", `${done}%`) : state.dataset.reading;
  if (done === 100 && !job.clock) read(job, bar, state);
}

/** While the server reads a file, the share of the time that it may take at most; said when it is worth a word. */
export function timeRead(seconds, most) {
  return { share: Math.min(100, Math.floor((seconds * 100) / most)), said: seconds > 1 && seconds <= most };
}

function read(job, bar, state) {
  const begun = Date.now();
  const most = Number(bar.dataset.most);
  job.clock = setInterval(() => {
    const seconds = Math.floor((Date.now() - begun) / 1000);
    const { share, said } = timeRead(seconds, most);
    if (!said) return;
    bar.setAttribute("aria-valuenow", String(share));
    bar.firstElementChild.style.width = `${share}%`;
    state.textContent = state.dataset.since.replace("%s", String(seconds)).replace("%m", String(most));
    bar.setAttribute("aria-valuetext", state.textContent);
  }, 1000);
}

function send(job, drop) {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", drop.elements.csrfmiddlewaretoken.value);
  body.append("file", job.file);
  const request = new XMLHttpRequest();
  job.request = request;
  request.open("POST", drop.action);
  request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
  request.upload.addEventListener("progress", (event) => show(job, percent(event.loaded, event.total)));
  request.addEventListener("load", () => receive(job, request, drop));
  request.addEventListener("error", () => refuse(job.file, "broken", drop, job.line));
  request.addEventListener("loadend", () => {
    clearInterval(job.clock);
    going.delete(job);
    next(drop);
    if (!going.size && crossed) sumUp();
  });
  crossed ||= going.size > 1;
  request.send(body);
}

let crossed = false; // answers of files sent side by side may come in another order than they were made in

/** The sums as they are now, after answers that may have crossed. */
async function sumUp() {
  crossed = false;
  const answer = await fetch(location.href).catch(() => null); // the server is away: what was answered stays
  if (answer?.ok) takeSums(parse(await answer.text()));
}

function receive(job, request, drop) {
  if (request.status === 413) return refuse(job.file, request.responseText, drop, job.line);
  const answer = request.status === 200 ? parse(request.responseText) : null;
  const lines = [...(answer?.querySelectorAll("[data-upload]") ?? [])];
  if (!lines.length) return refuse(job.file, request.status === 200 ? "signedOut" : "broken", drop, job.line);
  const [fresh, known] = [lines.filter((line) => !shown(line)), lines.filter(shown)];
  job.line.replaceWith(...fresh); // an archive becomes a line for each file in it
  known.forEach((line) => replace(shown(line), line));
  takeSums(answer);
}

/** The line of the page that an answer's line is the news of. */
const shown = (line) => document.getElementById(line.id);

const parse = (html) => new DOMParser().parseFromString(html, "text/html");

/** Put what sums up all files in place. The sum itself only changes its words, so that it is read out. */
function takeSums(answer) {
  const sum = answer.getElementById("upload-sum");
  if (sum) document.getElementById("upload-sum").textContent = sum.textContent;
  for (const id of ["import-stages", "import-foot"]) {
    const fresh = answer.getElementById(id);
    if (fresh) document.getElementById(id).replaceWith(fresh);
  }
}

/** Send one line's fields with what its button says; put the answer in its place, and what follows from it in others. */
async function act(form, line, doing) {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  for (const field of line.querySelectorAll("input, select")) {
    if (field.name && (!["radio", "checkbox"].includes(field.type) || field.checked)) body.append(field.name, field.value);
  }
  body.append("do", doing);
  line.setAttribute("aria-busy", "true");
  const headers = { "X-Requested-With": "XMLHttpRequest" };
  const response = await fetch(form.action, { method: "POST", body, headers });
  const answer = parse(await response.text());
  if (!response.ok || !answer.getElementById("upload-sum")) return form.submit();
  replace(line, answer.getElementById(line.id));
  for (const other of answer.querySelectorAll("[data-upload]")) if (shown(other)) replace(shown(other), other);
  takeSums(answer);
}

/** Swap a line, keeping the focus on the field that had it, or near the place where it was. */
function replace(line, fresh) {
  const name = line.contains(document.activeElement) && document.activeElement.name;
  const open = [...line.querySelectorAll("details")].map((details) => details.open);
  const neighbour = line.nextElementSibling ?? line.previousElementSibling;
  if (!fresh) {
    line.remove();
    return (neighbour?.querySelector("button") ?? document.getElementById("files")).focus();
  }
  line.replaceWith(fresh);
  const folds = [...fresh.querySelectorAll("details")];
  if (folds.length === open.length) folds.forEach((details, i) => (details.open = open[i]));
  if (!name) return;
  const again = name === "do" ? "summary" : `[name="${CSS.escape(name)}"]`;
  (fresh.querySelector(again) ?? fresh.querySelector("input, button"))?.focus();
}

const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");

function setUpDrop(drop) {
  const input = document.getElementById("files");
  for (const part of drop.querySelectorAll("[data-needs-script]")) part.hidden = false;
  for (const part of drop.querySelectorAll("[data-without-script]")) part.hidden = true;
  input.classList.add("visually-hidden");
  input.addEventListener("change", () => {
    add([...input.files], drop);
    input.value = "";
  });
  const over = (on) => drop.toggleAttribute("data-over", on);
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && over(false));
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    over(false);
    add([...event.dataTransfer.files], drop);
  });
  addEventListener("beforeunload", (event) => going.size && event.preventDefault());
}

/** Say that a button's work goes on, if it takes longer than a moment. */
function wait(button) {
  button.setAttribute("aria-busy", "true");
  setTimeout(() => (button.textContent = button.dataset.busy), 400);
}

function setUpLines(form) {
  form.addEventListener("submit", (event) => {
    const [doing, number] = event.submitter?.value.split(":") ?? [];
    if (doing === "import") wait(event.submitter);
    if (!number) return;
    event.preventDefault();
    act(form, document.getElementById(`upload-${number}`), `${doing}:${number}`);
  });
  form.addEventListener("change", (event) => {
    const line = event.target.closest("[data-state=ready], [data-state=check]");
    const waits = event.target.matches("[data-who]") && event.target.value === "other";
    if (line && !waits && !event.target.closest("[data-columns]")) act(form, line, `save:${line.dataset.upload}`);
  });
}

if (globalThis.document) {
  setUpDrop(document.getElementById("drop"));
  setUpLines(document.getElementById("staged"));
}
