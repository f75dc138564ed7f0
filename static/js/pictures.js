/** Pictures as PNG: the browser draws the SVG file of the same address on a canvas. */

const SHARPNESS = 2; // pixels of the file for one of the picture

/**
 * The name for a PNG beside an SVG's.
 * @param {string} disposition a Content-Disposition
 */
export function pngName(disposition) {
  const starred = /filename\*=utf-8''([^;]+)/i.exec(disposition);
  const plain = /filename="([^"]+)"/i.exec(disposition);
  const name = starred ? decodeURIComponent(starred[1]) : (plain?.[1] ?? "picture.svg");
  return name.replace(/\.svg$/, ".png");
}

/** @param {string} address of an SVG file */
async function drawn(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth * SHARPNESS;
  canvas.height = image.naturalHeight * SHARPNESS;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** @param {HTMLAnchorElement} link */
async function savePng(link) {
  const answer = await fetch(link.href);
  if (!answer.ok) throw new TypeError(String(answer.status));
  const name = pngName(answer.headers.get("Content-Disposition") ?? "");
  const picture = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await answer.text())}`;
  const saved = document.createElement("a");
  saved.href = URL.createObjectURL(await drawn(picture));
  saved.download = name;
  saved.click();
  URL.revokeObjectURL(saved.href);
}

if (globalThis.document) {
  document.documentElement.dataset.png = ""; // shows the links, which are of no use without this script
  document.addEventListener("click", async (event) => {
    const link = /** @type {HTMLElement} */ (event.target).closest?.("a[data-do=png]");
    if (!(link instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    const note = /** @type {HTMLElement} */ (document.querySelector("[data-say]"));
    try {
      await savePng(link);
      note.hidden = true;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      note.querySelector("span").textContent = link.dataset.failed;
      note.hidden = false;
    }
  });
}
