/**
 * Writes src/text/unicode-tables.ts: the character classes of the Rust `tokenizers` as regular expressions. JavaScript engines know newer versions of Unicode; the code points that the Rust library does not
 * know are masked, together with all that is beside them and in no class, so that later versions change little.
 *
 *     node packages/tokenizer/scripts/unicode-masks.ts
 */
import { readFileSync, writeFileSync } from 'node:fs'

const source = new URL('../src/testing/rust-classes.json', import.meta.url)
const rust = JSON.parse(readFileSync(source, 'utf8')) as Record<string, number[]> & { tokenizers: string }

/** Runs of code points, given by first and first after, as a character class. */
function charactersOf(edges: readonly number[]): string {
  const escaped = (codePoint: number): string => {
    const hex = codePoint.toString(16)
    return codePoint > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`
  }
  let text = ''
  for (let i = 0; i < edges.length; i += 2) {
    const [first, last] = [edges[i]!, edges[i + 1]! - 1]
    text += first === last ? escaped(first) : `${escaped(first)}-${escaped(last)}`
  }
  return `[${text}]`
}

/** The pattern, but for what the Rust library does not count; what only the Rust library counts the pattern has to name. */
function masked(name: string, characters: string): string {
  const pattern = new RegExp(characters, 'u')
  const members = rust[name]!
  const edges: number[] = []
  let inside = 0
  let clean = false
  let from = 0
  for (let codePoint = 0; codePoint < 0x110000; codePoint++) {
    while (inside < members.length && members[inside]! <= codePoint) inside++
    const character = String.fromCodePoint(codePoint)
    const member = inside % 2 === 1
    const surrogate = codePoint >= 0xd800 && codePoint < 0xe000
    if (member && !pattern.test(character))
      throw new Error(`${name}: ${codePoint.toString(16)} is only Rust's`)
    if (member || surrogate) {
      if (clean) edges.push(from, codePoint)
      clean = false
      from = codePoint + 1
      continue
    }
    // What decomposes is never looked up.
    if (pattern.test(character) && character.normalize('NFD') === character) clean = true
  }
  if (clean) edges.push(from, 0x110000)
  return `(?!${charactersOf(edges)})${characters}`
}

const patterns: Record<string, readonly [what: string, pattern: string]> = {
  CONTROL: [
    'Removed by clean_text: NUL, U+FFFD, control, format and private-use characters but tab, LF and CR',
    masked('CONTROL', String.raw`[\p{Cc}\p{Cf}\p{Co}\ufffd]`),
  ],
  PUNCTUATION: [
    'Split off by BertPreTokenizer: ASCII punctuation and symbols, and the categories P*',
    masked('PUNCTUATION', String.raw`[\p{P}$+<=>^\x60|~\u166d\u{111c9}]`),
  ],
  NON_SPACING: [
    'Category Mn, the marks that strip_accents removes; characters that NFD takes apart do not count',
    masked('NON_SPACING', String.raw`[\p{Mn}\u1734\u{1171e}]`),
  ],
  MARK: [
    'Categories M*, removed by the normalizer StripAccents',
    masked('MARK', String.raw`[\p{M}\u1cf2\u1cf3]`),
  ],
  CHINESE: ['The CJK ideograph blocks that handle_chinese_chars sets apart', charactersOf(rust.CHINESE!)],
  SPACING_COMBINING: [
    'Characters that stay when accents are stripped, but trade places with marks beside them before',
    charactersOf(rust.SPACING_COMBINING!),
  ],
  ASTRAL_DECOMPOSING: [
    'Code points above U+FFFF that NFD takes apart; later Unicode versions know more',
    charactersOf(rust.ASTRAL_DECOMPOSING!),
  ],
}
const declarations = Object.entries(patterns).map(
  ([name, [what, pattern]]) => `\n/** ${what}. */\nexport const ${name}: RegExp =\n  /^${pattern}/u\n`,
)
const text = `// Written by scripts/unicode-masks.ts from Python tokenizers ${rust.tokenizers}; do not edit.
// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what is looked for
// biome-ignore-all lint/suspicious/noMisleadingCharacterClass: marks are looked for one by one
${declarations.join('')}`
writeFileSync(new URL('../src/text/unicode-tables.ts', import.meta.url), text)
process.stdout.write(`unicode-tables.ts: ${text.length} characters\n`)
