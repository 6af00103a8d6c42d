// Line breaks and tabs stay. The rest of C0 begins escape sequences, moves the cursor or rings; C1 (U+0080 to U+009F) holds
// the one-character forms of CSI and OSC; bidi controls show text in another order than it has.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * Text that did not originate in this program, such as a story, a file name or a server's message, as it can be shown on a
 * terminal: every control character is replaced by a visible one, so that no escape sequence is left. Works on pieces of a
 * text as well.
 */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(controls, character => {
    const code = character.charCodeAt(0)
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    return code === 0x7f ? '\u2421' : '\ufffd'
  })
}

/** JSON with the same characters escaped, so that it still means the same. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(controls, character =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
