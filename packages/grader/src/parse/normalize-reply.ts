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

/** Writes the digits of every script as 0-9. Those beyond the basic plane shrink from two units to one. */
export function asciiDigits(text: string): string {
  return text.replace(/[^\P{Nd}0-9]/gu, digit => String(digitValue(digit)))
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

/** A circled or raised digit or letter as the plain one; what has no plain twin of one unit stays. */
function plain(sign: string): string {
  const twin = sign.normalize('NFKC')
  return /^[0-9A-Za-z]$/.test(twin) ? twin : sign
}

/** What chat templates put around turns, where a server leaves it in the text. */
const templateToken = /<\|[\w ]{1,30}\|>|<\/?s>|<(?:eos|bos|start_of_turn|end_of_turn|EOT)>/gi

/** A head such as `criterion,score` and the lines of the table below it. */
const commaTable =
  /^[^\S\n]*"?(?:criterion|criteria|category|aspect|dimension|metric)"?[,;][^\S\n]*"?(?:score|mark|rating|grade|points)s?"?[^\n]*(?:\n[^\n,;]{1,40}[,;][^\n]*)+/gim

/**
 * Makes spellings alike before scores are read: circled and raised digits and letters become plain, dashes and
 * full-width signs their ASCII twins; the signs of Markdown and LaTeX, tags of HTML, pictures and invisible characters
 * become spaces, and so do the special tokens of models. The length stays.
 *
 * @param text with digits of {@link asciiDigits}
 */
export function normalizeReply(text: string): string {
  return (
    text
      .replace(templateToken, spaces)
      .replace(commaTable, rows => rows.replaceAll(/[,;]/g, '|'))
      .replace(/<\/t[dh]>/gi, tag => '|'.padEnd(tag.length))
      .replace(/<\/tr>/gi, tag => '\n'.padEnd(tag.length))
      .replace(/[│┃║]/g, '|')
      .replace(/[\u2500-\u257f]/g, '-')
      .replace(
        /<\/?(?:[biu]|em|strong|br|p|li|[uo]l|t[dhr]|table|tbody|thead|h\d|hr|span|div|code|pre)(?:\s[^<>]{0,200})?\/?>|<\|\/?\w{1,40}\|>/gi,
        spaces,
      )
      // An element's end ends what it says.
      .replace(/<\/[\w -]{1,40}>/gi, tag => '\n'.padEnd(tag.length))
      .replace(/\\(?:boxed|text|textbf|mathbf|mathrm)\{|\\[()[\]]|\\(?=\/)|\$/g, spaces)
      .replace(/[\u00b2\u00b3\u00b9\u2070-\u2089\u2460-\u24ff]/g, plain)
      .replace(/[／⁄∕：，、（）｜％٫．−–—‐‑‒]/g, sign => replacements[sign]!)
      .replace(/(?![★☆⭐🌟✨💫❤♥👍0-9#*])\p{Extended_Pictographic}/gu, spaces)
      // Before a digit a hash is a numeral's, not a heading's.
      .replace(/#(?!\d)/g, ' ')
      .replace(/[*`_~\u00a0\u00ad\u200b-\u200f\u2028\u2029\u202a-\u202f\u2060\ufeff]|\ufe0f|\u20e3/g, ' ')
  )
}

function spaces(match: string): string {
  return ' '.repeat(match.length)
}
