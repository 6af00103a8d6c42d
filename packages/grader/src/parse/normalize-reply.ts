const zeros = new Map<number, number>()
const decimalDigit = /^\p{Nd}$/u

/** The value of a decimal digit of any script. Unicode keeps the ten digits of a script in a row, 0 first. */
function digitValue(character: string): number {
  const code = character.codePointAt(0)!
  // The mathematical digits are five such rows without a gap between them.
  if (code >= 0x1d7ce && code <= 0x1d7ff) return (code - 0x1d7ce) % 10
  const known = zeros.get(code)
  if (known !== undefined) return known
  let zero = code
  while (code - zero < 9 && decimalDigit.test(String.fromCodePoint(zero - 1))) zero--
  zeros.set(code, code - zero)
  return code - zero
}

const replacements: Record<string, string> = {
  '／': '/',
  '⁄': '/',
  '∕': '/',
  '：': ':',
  '，': ',',
  '、': ',',
  '（': '(',
  '）': ')',
  '｜': '|',
  '％': '%',
  '٫': '.',
  '．': '.',
  '−': '-',
  '–': '-',
  '—': '-',
  '‐': '-',
  '‑': '-',
  '‒': '-',
}

/**
 * Makes spellings alike before scores are read: the digits of every script become 0-9, dashes and full-width signs
 * their ASCII twins, and the signs of Markdown (`*`, backtick, `_`, `#`, `~`) and invisible characters become spaces.
 * Offsets stay as they are but after digits beyond the basic plane, which shrink from two units to one.
 */
export function normalizeReply(text: string): string {
  return text
    .replace(/[^\P{Nd}0-9]/gu, digit => String(digitValue(digit)))
    .replace(/[／⁄∕：，、（）｜％٫．−–—‐‑‒]/g, sign => replacements[sign]!)
    .replace(/[*`_#~\u00a0\u00ad\u200b-\u200f\u2028\u2029\u202a-\u202f\u2060\ufeff]/g, ' ')
}
