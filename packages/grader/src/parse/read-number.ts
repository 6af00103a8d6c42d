const words: Record<string, number> = {
  zero: 0,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  〇: 0,
  零: 0,
  一: 1,
  二: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  七: 7,
  八: 8,
  九: 9,
  十: 10,
}
const fractions: Record<string, number> = { '½': 0.5, '¼': 0.25, '¾': 0.75 }
// A comma is a decimal sign only directly between two digits, and not in a list such as 8,7,9.
const digits = /(\d{1,9})(?:\.(\d{1,9})|,(\d{1,2})(?!\d|,\d))?(?:\s?([½¼¾]))?/y
const halfAfter = /[ -]and[ -]a[ -]half(?![a-z])/iy
const word =
  /(zero|one|two|three|four|five|six|seven|eight|nine|ten)(?![a-z])(?:[ -]and[ -]a[ -]half(?![a-z]))?/iy
const ideograph = /[〇零一二三四五六七八九十](?![〇零一二三四五六七八九十])/y

/** A number at a place, in digits or as a word from zero to ten. */
export function readNumber(text: string, at: number): { value: number; end: number } | undefined {
  digits.lastIndex = at
  const number = digits.exec(text)
  if (number) {
    const [, whole, point, comma, fraction] = number
    const value = Number(`${whole}.${point ?? comma ?? 0}`) + (fraction ? fractions[fraction]! : 0)
    const { lastIndex: end } = digits
    halfAfter.lastIndex = end
    return halfAfter.test(text) ? { value: value + 0.5, end: halfAfter.lastIndex } : { value, end }
  }
  word.lastIndex = at
  const name = word.exec(text)
  if (name) {
    const half = name[0].length > name[1]!.length ? 0.5 : 0
    return { value: words[name[1]!.toLowerCase()]! + half, end: word.lastIndex }
  }
  ideograph.lastIndex = at
  const sign = ideograph.exec(text)
  return sign ? { value: words[sign[0]]!, end: ideograph.lastIndex } : undefined
}
