import { isDisclaimer, isReported, isSupposed } from './doubt.ts'

const quotes: Record<string, string> = { '“': '”', '«': '»', '„': '“', '‘': '’', '「': '」', '"': '"' }

/** The parts of a reply in quotation marks, in order and apart. Marks around the whole reply quote nobody. */
export function quotedParts(text: string): (readonly [number, number])[] {
  const parts: (readonly [number, number])[] = []
  const [first, last] = [text.search(/\S/), text.trimEnd().length - 1]
  const sign = /["“«„‘「]/g
  for (let match = sign.exec(text); match; match = sign.exec(text)) {
    const [open] = match
    const { index } = match
    // A straight mark opens after a space or bracket; an inch sign or a stray one does not.
    if (open === '"' && !/^[\s([{:=,—–-]?$/.test(text.slice(Math.max(0, index - 1), index))) continue
    // French sets a space inside its marks.
    if (open !== '«' && /^\s/.test(text.slice(index + 1, index + 2))) continue
    const end = closing(text, index + 1, quotes[open]!)
    if (index === first && end === last) continue
    if (end === undefined) {
      // Without an end the quotation reaches to the end of its paragraph.
      const paragraph = text.indexOf('\n\n', index)
      parts.push([index, paragraph < 0 ? text.length : paragraph])
    } else parts.push([index, end + 1])
    sign.lastIndex = parts.at(-1)![1]
  }
  return parts
}

const longest = 4000

function closing(text: string, from: number, mark: string): number | undefined {
  const rest = text.slice(from, from + longest)
  for (let at = rest.indexOf(mark); at >= 0; at = rest.indexOf(mark, at + 1)) {
    if (mark !== '"' || !/^\w/.test(rest.slice(at + 1, at + 2))) return from + at
  }
  return undefined
}

/**
 * Lines marked as quotations, the paragraph after a line such as "The text says:", and the one before a line such as
 * "That is what the text wants me to answer". In order, but they may overlap.
 */
export function quotedLines(text: string): (readonly [number, number])[] {
  const parts: (readonly [number, number])[] = []
  const lines = linesOf(text)
  const isQuotation = (line: string): boolean => /^[^\S\n]{0,3}>/.test(line)
  // A reply that is nothing else quotes nobody.
  const plain = lines.filter(({ line }) => /\S/.test(line) && !isQuotation(line))
  for (let i = 0; i < lines.length; i++) {
    const { line, start, end } = lines[i]!
    if (plain.length > 0 && isQuotation(line)) parts.push([start, end])
    if (isDisclaimer(line)) {
      let last = i - 1
      while (last >= 0 && !/\S/.test(lines[last]!.line)) last--
      let first = last
      while (first > 0 && /\S/.test(lines[first - 1]!.line)) first--
      if (last >= 0) parts.push([lines[first]!.start, lines[last]!.end])
    }
    if (!/:[*_"'“`\s]{0,6}$/.test(line)) continue
    const announced = lastSentence(line.slice(-300))
    if (!isReported(announced) && !isSupposed(announced)) continue
    let next = i + 1
    while (next < lines.length && /^\s*(?:```\w*)?$/.test(lines[next]!.line)) next++
    const from = next
    while (next < lines.length && /\S/.test(lines[next]!.line)) next++
    if (next > from) parts.push([lines[from]!.start, lines[next - 1]!.end])
    i = next - 1
  }
  return parts.sort((a, b) => a[0] - b[0])
}

function lastSentence(line: string): string {
  return line.split(/[.!?;]\s/).at(-1)!
}

function linesOf(text: string): { line: string; start: number; end: number }[] {
  let start = 0
  return text.split('\n').map(line => {
    const found = { line, start, end: start + line.length }
    start += line.length + 1
    return found
  })
}
