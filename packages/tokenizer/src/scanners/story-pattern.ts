/** Most code points in one run of letters, digits, symbols or blanks. */
export const RUN = 64

/**
 * The split of the story vocabularies: GPT-2's (a word carries the blank before it), with line breaks apart
 * and runs bounded, so that no text makes an over-long word. `mark` is the first character of the
 * continuation prefix; it always stands alone, so that no word of the text can be taken for a continuation.
 * The same pattern means the same to JavaScript (flag `u`) and to Oniguruma, which the Rust library uses.
 */
export function storyPattern(mark = '#'): string {
  // Both engines read \x23; the usual mark is written out because it needs no escape.
  const literal = mark === '#' ? mark : `\\x${mark.charCodeAt(0).toString(16).padStart(2, '0')}`
  const symbol = `[^\\p{White_Space}\\p{L}\\p{N}${literal}]`
  const blank = '[^\\P{White_Space}\\n]'
  return [
    "['’](?:s|t|d|m|ll|ve|re)(?!\\p{L})",
    ` ?\\p{L}{1,${RUN}}`,
    ` ?\\p{N}{1,${RUN}}`,
    ` ?${symbol}{1,${RUN}}`,
    ` ?${literal}`,
    '\\n{1,2}',
    `${blank}{1,${RUN}}(?!\\P{White_Space})`,
    blank,
  ].join('|')
}
