import { DatasetError } from '../errors/dataset-error.ts'

/** Words separated by white space. */
export function countWords(text: string): number {
  let words = 0
  let inside = false
  for (let i = 0; i < text.length; i++) {
    const blank = text.charCodeAt(i) <= 0x20
    if (!blank && !inside) words++
    inside = !blank
  }
  return words
}

const ending = /(?:[.!?…][\s"'“”‘’»)\]*_~]*|\bthe end\W*)$/iu

/**
 * True when the text stops in the middle: it does not end with a full stop, an exclamation or question mark or dots
 * (closing quotes and brackets aside), nor with the words "the end".
 */
export function isTruncated(text: string): boolean {
  return !ending.test(text.slice(-40).trimEnd())
}

/** Finds the first character that does not belong in texts of these scripts. */
export type ScriptCheck = (text: string) => string | undefined

/**
 * Makes a check for characters outside the given scripts. What scripts share (punctuation, digits, symbols, emoji) is
 * expected; control characters other than tab and line ends, U+FFFD, private and unassigned code points are not.
 *
 * @param scripts long names of Unicode, such as `Latin` or `Cyrillic`
 * @throws DatasetError `invalid-option` for a name that the engine does not know
 */
export function scriptCheck(scripts: readonly string[]): ScriptCheck {
  const classes = scripts.map(name => {
    try {
      new RegExp(`\\p{Script=${name}}`, 'u')
    } catch (cause) {
      const expected = 'names of Unicode scripts, such as Latin and Cyrillic'
      throw new DatasetError('invalid-option', { option: 'scripts', value: name, expected }, { cause })
    }
    return `\\p{Script=${name}}`
  })
  const outside = new RegExp(
    `(?![\\t\\n\\r])[\\p{Cc}\\p{Co}\\p{Cn}\\p{Cs}\\ufffd]|[^\\p{Script=Common}\\p{Script=Inherited}${classes.join('')}]`,
    'u',
  )
  // Most texts are plain, and those need no table.
  const plain = scripts.includes('Latin') ? /^[\t\n\r -~\u2010-\u2027]*$/ : undefined
  return text => (plain?.test(text) ? undefined : outside.exec(text)?.[0])
}
