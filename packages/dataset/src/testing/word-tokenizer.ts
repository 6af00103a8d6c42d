import type { StoryTokenizer } from '../stream/tokens.ts'

/** A token for each word: 1 + a number that depends on its characters; 0 ends a story. */
export const wordTokenizer: StoryTokenizer = {
  encode: text => ({
    ids: text
      .split(/\s+/)
      .filter(Boolean)
      .map(word => 1 + (hash(word) % 997)),
  }),
  endOfTextId: 0,
}

const hash = (word: string): number =>
  [...word].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) % 65_521, 7)

/** For worker threads. */
export const makeWordTokenizer = (): StoryTokenizer => wordTokenizer
