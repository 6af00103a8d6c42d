import { usesWord } from '../../wishes/uses-word.ts'
import { cues, hasFeature, type Wishes } from '../../wishes/wishes.ts'
import type { StoryToken } from './story.ts'

interface WishTicksProps {
  wishes: Wishes
  tokens: readonly StoryToken[]
  writing: boolean
}

/** Which of the wishes the story has got. */
export function WishTicks({ wishes, tokens, writing }: WishTicksProps) {
  const text = tokens.map(token => token.text).join('')
  const all = [
    ...wishes.words.map(word => ({ label: word, got: usesWord(text, word) })),
    ...wishes.features.map(name => ({ label: cues.get(name)!.label, got: hasFeature(text, name) })),
  ]
  return (
    <ul class="ticks" aria-label="What the story has of what you chose">
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
