import { type Constraints, hasFeature } from '@tinystories/model/generation'
import { usesWord } from '@tinystories/utils/text'
import { featureLabels } from '../../constraints/feature-labels.ts'
import type { StoryToken } from './story.ts'

interface ConstraintChecksProps {
  constraints: Constraints
  tokens: readonly StoryToken[]
  writing: boolean
}

/** Which of the constraints the story meets. */
export function ConstraintChecks({ constraints, tokens, writing }: ConstraintChecksProps) {
  const text = tokens.map(token => token.text).join('')
  const all = [
    ...(constraints.words ?? []).map(word => ({ label: word, got: usesWord(text, word) })),
    ...(constraints.features ?? []).map(name => ({
      label: featureLabels.get(name)!.label,
      got: hasFeature(text, name),
    })),
  ]
  return (
    <ul class="checks" aria-label="Which of the chosen words and features the story has">
      {all.map(({ label, got }) => (
        <li key={label} class={got ? 'got' : 'missing'}>
          {label}
          <span class="visually-hidden">
            {got ? ': in the story' : writing ? ': not yet' : ': not in the story'}
          </span>
        </li>
      ))}
    </ul>
  )
}
