import { choices, uncertainTokenizers } from '../state/models.ts'

/** Warns of open models that do not say which tokenizer they were trained with, as the command does. */
export function TokenizerWarning({ models }: { models: readonly string[] }) {
  const names = choices.value
    .filter(({ key }) => models.includes(key) && uncertainTokenizers.value.has(key))
    .map(({ label }) => label)
  return names.map(name => (
    <p key={name} class="warning" role="status">
      <bdi>{name}</bdi> does not say which tokenizer it was trained with; the one that is with it has the
      right size.
    </p>
  ))
}
