/** The warning appears above this share of unknown tokens. */
const MAX_SHARE = 0.2

/** Warns when a model does not know the script of its prompt. */
export function UnknownScript({ share }: { share: number | undefined }) {
  if ((share ?? 0) <= MAX_SHARE) return null
  return (
    <p class="warning" role="status">
      This model does not know most of these characters: it read them as the unknown token. It was trained on
      English stories.
    </p>
  )
}
