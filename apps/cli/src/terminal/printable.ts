// Line breaks and tabs stay. The rest of C0 begins escape sequences, moves the cursor or rings; C1 (U+0080 to U+009F) holds
// the one-character forms of CSI and OSC.
const controls = String.raw`[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufff9-\ufffb]`
/** Bidi controls show text in another order than it has, and what has no width hides in names: two of them look the same. */
const invisible = String.raw`(?![\u200c\u200d\ufe00-\ufe0f\u{e0020}-\u{e007f}\u{e0100}-\u{e01ef}])\p{DI}`
/** Scripts whose letters join, or do not, by U+200C and U+200D. */
const joining = [
  'Arab',
  'Syrc',
  'Mong',
  'Nkoo',
  'Deva',
  'Beng',
  'Guru',
  'Gujr',
  'Orya',
  'Taml',
  'Telu',
  'Knda',
  'Mlym',
]
const joined = [...joining, 'Sinh', 'Khmr', 'Mymr', 'Tibt'].map(script => `\\p{scx=${script}}`).join('')
/** Parts of emoji and of these scripts stay where they belong, and at the start of a piece, before which they may. */
const displaced = [
  String.raw`(?<=[^\p{ExtPict}\p{EMod}\ufe0f${joined}])[\u200c\u200d]`,
  String.raw`(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]`,
  String.raw`(?<=\P{sc=Hani})[\u{e0100}-\u{e01ef}]`,
  // Six of them name the flag of a region.
  String.raw`(?<!\u{1f3f4}[\u{e0020}-\u{e007f}]{0,6})[\u{e0020}-\u{e007f}]`,
]
const unprintable = new RegExp([controls, invisible, ...displaced].join('|'), 'gu')

/**
 * Text that did not originate in this program, such as a story, a file name or a server's message, as it can be shown on a
 * terminal: every control character and every invisible one is replaced by a visible one, so that no escape sequence is left
 * and nothing is hidden. Works on pieces of a text as well.
 */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(unprintable, character => {
    const code = character.charCodeAt(0)
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    return code === 0x7f ? '\u2421' : '\ufffd'
  })
}

/** JSON with the same characters escaped, so that it still means the same. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(unprintable, character =>
    character === '\n' ? character : character.split('').map(escaped).join(''),
  )
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
