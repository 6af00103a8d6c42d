/** More than this of a text that a model reads as the same unknown sign is told. */
const TOLD = 0.2

/** Says so when a model does not know the script of what it was given. */
export function UnknownScript({ share }: { share: number | undefined }) {
  if ((share ?? 0) <= TOLD) return null
  return (
    <p class="warning" role="status">
      This model does not know most of these characters: it read them as one unknown sign. It learnt English
      stories.
    </p>
  )
}
