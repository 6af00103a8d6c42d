/** Takes secrets out of a text. */
export type Redact = (text: string) => string

/**
 * What may stand between the characters of a secret while it can still be read: white space, controls, invisible characters,
 * escape sequences, and all of them as they are escaped or made visible. So many, or a text of nothing else takes forever.
 */
const between = `(?:${[
  '[\\s\\p{Cc}\\p{DI}\\u2400-\\u2421\\ufffd]',
  '(?:[\\x1b\\u241b\\x9b]|\\\\{1,4}(?:u001b|x1b|e|033))\\[?[\\d;?]{0,16}[A-Za-z]',
  '\\\\{1,4}(?:[nrtbf]|u(?:00[0189]|20[0-6])[\\da-f]|ufeff|u00ad)',
].join('|')}){0,32}`

const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

/** A character as it stands, and as it stands in JSON, in an address, in HTML, and as escapes of a shell or of C. */
function formsOf(character: string): string {
  const code = character.codePointAt(0)!
  const hex = code.toString(16).padStart(2, '0')
  const utf8 = [...new TextEncoder().encode(character)].map(byte => byte.toString(16).padStart(2, '0'))
  const wide = code > 0x20 && code < 0x7f ? [`\\u{${(code + 0xfee0).toString(16)}}`] : []
  return `(?:${[
    `(?:\\\\{1,4}(?=["\\\\/]))?${escapeRegExp(character)}`,
    ...wide,
    utf8.map(byte => `(?:%(?:25){0,3}|\\\\{1,4}x|0x|=)${byte}`).join(''),
    `(?:\\\\{1,4}u|U\\+)(?:\\{0*${hex}\\}|${hex.padStart(4, '0')})`,
    `\\\\{1,4}0?${code.toString(8)}`,
    `&(?:amp;)*#(?:x0*${hex}|0*${code});?`,
  ].join('|')})`
}

/** Bytes in pairs of hexadecimal digits, or as a list of numbers, with or without something between them. */
function byteLists(bytes: Uint8Array): string[] {
  const pairs = [...bytes].map(byte => byte.toString(16).padStart(2, '0'))
  return [
    pairs.join('(?:[\\s:,._-]|0x|\\\\{1,4}x){0,8}'),
    `(?<!\\d)${[...bytes].map(byte => `0*${byte}`).join('[\\s,;]{1,8}')}(?!\\d)`,
  ]
}

/**
 * What of base64 (6 bits) or base32 (5 bits) does not depend on the bytes around the secret, for each place at which the
 * secret may begin in a group: whoever encodes `Bearer KEY` or `user:KEY` encodes the key, too.
 */
function alignedForms(bytes: Uint8Array, bits: 5 | 6): string[] {
  const alphabet =
    bits === 6
      ? 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
      : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const group = bits === 6 ? 3 : 5
  return Array.from({ length: group }, (_, before) => {
    const binary = [...bytes].map(byte => byte.toString(2).padStart(8, '0')).join('')
    // The first digits also hold bits of what stands before.
    const skipped = (bits - ((before * 8) % bits)) % bits
    const digits: string[] = []
    for (let at = skipped; at + bits <= binary.length; at += bits)
      digits.push(alphabet[Number.parseInt(binary.slice(at, at + bits), 2)]!)
    return digits
      .map(digit => (digit === '+' ? '(?:[+-]|%2B)' : digit === '/' ? '(?:\\\\{0,4}/|_|%2F)' : digit))
      .join('(?:\\s|\\\\{1,4}[nr]){0,4}')
  })
}

/**
 * Makes a function that replaces secrets wherever they stand: as they are, in other case, reversed, with white space, escape
 * sequences or invisible characters between their characters, escaped for JSON, addresses, HTML, shells and C, and in
 * hexadecimal digits, numbers of bytes, base32 or base64, also in the middle of something longer. What is encoded twice, or
 * in a way that nobody could expect, stays.
 *
 * @param secrets Empty ones are left out.
 * @param shortest Shorter ones stay: servers without keys are given words such as `ollama`, which stand in texts too.
 */
export function redactor(secrets: Iterable<string>, shortest = 4): Redact {
  const known = [...new Set(secrets)].filter(secret => secret.trim().length >= shortest)
  if (known.length === 0) return text => text
  // The longest first, so that no half of one stays behind.
  const bytes = known.sort((a, b) => b.length - a.length).map(secret => new TextEncoder().encode(secret))
  const spelled = known.flatMap(secret => {
    const forms = [...secret].filter(character => !/\s/.test(character)).map(formsOf)
    return [forms.join(between), forms.toReversed().join(between)]
  })
  const patterns = [
    new RegExp([...spelled, ...bytes.flatMap(byteLists)].join('|'), 'giu'),
    // Few bits are easily those of another word.
    new RegExp(
      bytes
        .flatMap(each => (each.length < 6 ? [] : [...alignedForms(each, 6), ...alignedForms(each, 5)]))
        .join('|') || '(?!)',
      'g',
    ),
  ]
  return text => patterns.reduce((result, pattern) => result.replace(pattern, '[key]'), text)
}
