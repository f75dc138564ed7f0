/** Initials of Chinese words as they are typed: 海归 is found by "hg". By the browser's own order of characters by sound. */

// The first character of each letter in that order; no syllable begins with i, u or v.
const FIRST = "阿八嚓咑妸发旮哈丌咔垃妈拏噢妑七呥仨他穵夕丫帀";
const LETTERS = "abcdefghjklmnopqrstwxyz";
const HAN = /\p{Script=Han}/u;
const order = new Intl.Collator("zh-Hans-u-co-pinyin");

const initial = (sign) => {
  let at = -1;
  while (at + 1 < FIRST.length && order.compare(FIRST[at + 1], sign) <= 0) at += 1;
  return LETTERS[at] ?? "";
};

const known = new Map();

/** The initials of a text's Chinese characters, in order; empty where it has none. */
export function initials(text) {
  if (!known.has(text)) known.set(text, Array.from(text, (sign) => (HAN.test(sign) ? initial(sign) : "")).join(""));
  return known.get(text);
}
