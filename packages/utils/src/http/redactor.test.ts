import { expect, test } from 'vitest'
import { redactor } from './redactor.ts'

const secret = 'sk-Proj_a1B2/c3D4+e5"F6'
const bytes = Buffer.from(secret)
const escaped = (write: (byte: number) => string): string => [...bytes].map(write).join('')
const hex = bytes.toString('hex')

/** RFC 4648, with an alphabet of its own for the test. */
function base32(text: string): string {
  const bits = [...Buffer.from(text)].map(byte => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? [])
    .map(five => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('')
}

/** Ways to write the secret, by name. */
const forms: Record<string, string> = {
  'as it is': secret,
  'in capitals': secret.toUpperCase(),
  reversed: [...secret].toReversed().join(''),
  'in JSON': JSON.stringify(secret).slice(1, -1),
  'in JSON with escaped slashes': JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/'),
  'in JSON as escapes': escaped(byte => `\\u00${byte.toString(16)}`),
  'in JSON in JSON': escaped(byte => `\\\\u00${byte.toString(16).toUpperCase()}`),
  'as code points': escaped(byte => `\\u{${byte.toString(16)}}`),
  'in an address': encodeURIComponent(secret),
  'in an address, all of it': escaped(byte => `%${byte.toString(16)}`),
  'in an address in an address': encodeURIComponent(escaped(byte => `%${byte.toString(16).toUpperCase()}`)),
  'in HTML': escaped(byte => `&#${byte};`),
  'in HTML in hexadecimal': escaped(byte => `&#x${byte.toString(16)};`),
  'as escapes of C': escaped(byte => `\\x${byte.toString(16)}`),
  'in octal': escaped(byte => `\\${byte.toString(8).padStart(3, '0')}`),
  'quoted-printable': escaped(byte => `=${byte.toString(16).toUpperCase()}`),
  hexadecimal: hex,
  'hexadecimal in capitals': hex.toUpperCase(),
  'hexadecimal in pairs': hex.match(/../g)!.join(' '),
  'hexadecimal with colons': hex.match(/../g)!.join(':'),
  'hexadecimal with 0x': hex
    .match(/../g)!
    .map(pair => `0x${pair}`)
    .join(', '),
  'as a list of bytes': JSON.stringify([...bytes]),
  base64: bytes.toString('base64'),
  'base64 for addresses': bytes.toString('base64url'),
  'base64 in lines': bytes.toString('base64').replaceAll(/.{8}/g, '$&\r\n'),
  'base64 in JSON': bytes.toString('base64').replaceAll('/', '\\/'),
  'base64 in an address': encodeURIComponent(bytes.toString('base64')),
  'base64 of a header': Buffer.from(`Bearer ${secret}`).toString('base64'),
  'base64 of a user': Buffer.from(`ab:${secret}`).toString('base64'),
  'base64 of something longer': Buffer.from(`{"key":"${secret}","more":1}`).toString('base64'),
  base32: base32(secret),
  'base32 of something longer': base32(`a${secret}bc`),
  'with spaces': [...secret].join(' '),
  'in lines': secret.replaceAll(/.{5}/gs, '$&\n'),
  'with escape sequences': secret.replaceAll(/.{4}/gs, '$&\x1b[31m'),
  'with sequences in one character': secret.replaceAll(/.{4}/gs, '$&\x9b0m'),
  'with sequences made visible': secret.replaceAll(/.{4}/gs, '$&\u241b[1;31m'),
  'with sequences in JSON': secret.replaceAll('"', '\\"').replaceAll(/.{4}/gs, '$&\\u001b[31m'),
  'with zero-width spaces': [...secret].join('\u200b'),
  'with soft hyphens and bidi controls': [...secret].join('\u00ad\u202e'),
  'in full width': [...secret].map(each => String.fromCodePoint(each.codePointAt(0)! + 0xfee0)).join(''),
}

test.each(Object.entries(forms))('a secret is taken out: %s', (name, form) => {
  const result = redactor([secret])(`before ${form} after`)
  expect(result).toContain('[key]')
  expect(result).toMatch(/^before .* after$/s)
  // What is left around it in an encoding of something longer says nothing: less than a quarter of the secret's length.
  const rest = result.replace('[key]', '').slice('before '.length, -' after'.length)
  expect(rest.length).toBeLessThan(/longer|header|user/.test(name) ? form.length - secret.length : 12)
})

test('other texts stay', () => {
  const redact = redactor([secret, 'abc', '', 'a long header value'])
  const text = `abc ${secret.slice(0, -1)}, ${hex.slice(2)} ${bytes.subarray(6).toString('base64')} a long header`
  expect(redact(text)).toBe(text)
  expect(redactor(['ollama'], 16)('ask ollama')).toBe('ask ollama')
  expect(redactor([])('anything')).toBe('anything')
})

test('of two secrets of which one begins like the other, nothing stays', () => {
  expect(redactor(['sk-abcd', 'sk-abcd-efgh'])('sk-abcd-efgh, sk-abcd')).toBe('[key], [key]')
})

test('texts all of which could begin a secret take no longer', () => {
  const redact = redactor([secret])
  for (const text of [
    `s${' '.repeat(200_000)}`,
    's\x1b'.repeat(100_000),
    's'.repeat(200_000),
    '\\'.repeat(50_000),
  ])
    expect(redact(text)).toBe(text)
})
