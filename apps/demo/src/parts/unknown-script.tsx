import { UNKNOWN_SCRIPT } from '../workers/unknown-share.ts'

const MAX_WORDS = 5

interface UnknownScriptProps {
  share: number | undefined
  /** Words of the prompt that the vocabulary does not know. */
  words?: readonly string[] | undefined
}

/** Warns when a model does not know the script, or some words, of its prompt. */
export function UnknownScript({ share = 0, words = [] }: UnknownScriptProps) {
  if (share > UNKNOWN_SCRIPT)
    return (
      <p class="warning" role="status">
        This model does not know most of these characters: it read them as the unknown token. It was trained
        on English stories.
      </p>
    )
  if (words.length === 0) return null
  return (
    <p class="warning" role="status">
      This model has no token for a character of{' '}
      {words.slice(0, MAX_WORDS).map((word, i) => (
        <span key={word}>
          {i > 0 && ', '}
          <bdi>{word}</bdi>
        </span>
      ))}
      {words.length > MAX_WORDS && ` and ${words.length - MAX_WORDS} more`}: it read the unknown token
      instead.
    </p>
  )
}
