/** Who else has this transcript open: each page that is seen says so every few seconds, and takes leave when it goes. */

const EVERY = 5000;
const SHOWN = 3; // so many are drawn, the others counted

/** @param {{address: string, csrf: () => string, words: DOMStringMap}} given */
export function presence({ address, csrf, words }) {
  const box = document.getElementById("here");
  let timer = 0;

  const show = (names) => {
    const text = names.length
      ? (names.length === 1 ? words.hereOne : words.hereMany).replace("{who}", names.join(", "))
      : "";
    if (box.title === text) return;
    box.title = text;
    if (!names.length) return box.replaceChildren();
    const said = document.createElement("span");
    said.className = "visually-hidden";
    said.textContent = text;
    const signs = names.slice(0, SHOWN).map((name) => sign(name.split("_").pop().slice(0, 1).toUpperCase()));
    if (names.length > SHOWN) signs.push(sign(`+${names.length - SHOWN}`));
    box.replaceChildren(...signs, said);
  };

  const tell = async (leaving = false) => {
    clearTimeout(timer);
    if (leaving || (!document.hidden && navigator.onLine)) {
      try {
        const answer = await fetch(address, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
          body: JSON.stringify({ leaving }),
          keepalive: leaving,
          redirect: "error",
        });
        if (answer.ok && !leaving) show((await answer.json()).here);
      } catch {
        show([]); // who is there cannot be known; that the server is away is said elsewhere
      }
    }
    if (!leaving) timer = setTimeout(tell, EVERY);
  };

  document.addEventListener("visibilitychange", () => tell(document.hidden));
  addEventListener("pagehide", () => tell(true));
  addEventListener("pageshow", (event) => event.persisted && tell());
  tell();
}

function sign(text) {
  const made = document.createElement("span");
  made.className = "who";
  made.setAttribute("aria-hidden", "true");
  made.textContent = text;
  return made;
}
