import type { Tokenizer } from '@tinystories/tokenizer'

/** Stories that the classes of heads rest on. */
export const HEAD_STORIES = 16
/** Of each story: each token is a row of evidence. */
const TOKENS = 128

/** What heads are sorted by: the beginnings of stories, as token ids. */
export function headTexts(
  stories: readonly string[],
  tokenizer: Pick<Tokenizer, 'encode'>,
  endOfTextId: number | undefined,
  contextLength: number,
): number[][] {
  const start = endOfTextId === undefined ? [] : [endOfTextId]
  return stories
    .slice(0, HEAD_STORIES)
    .map(story =>
      [...start, ...tokenizer.encode(story, { addSpecialTokens: false }).ids].slice(
        0,
        Math.min(TOKENS, contextLength),
      ),
    )
}
