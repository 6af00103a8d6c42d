import { type Signal, useSignal, useSignalEffect } from '@preact/signals'
import { type StoryVocabulary, storyVocabulary } from '@tinystories/dataset'
import { Problem } from '../../parts/notice.tsx'
import { cues } from '../../wishes/wishes.ts'

/** What is chosen; an empty word is none. */
export interface ChosenWishes {
  verb: string
  noun: string
  adjective: string
  features: readonly string[]
}

const parts = [
  { key: 'verb', list: 'verbs', label: 'Verb' },
  { key: 'noun', list: 'nouns', label: 'Noun' },
  { key: 'adjective', list: 'adjectives', label: 'Adjective' },
] as const

const loaded: { vocabulary?: StoryVocabulary } = {}

/** Chooses words of the story lists, and features. */
export function WishesForm({ chosen }: { chosen: Signal<ChosenWishes> }) {
  const vocabulary = useSignal(loaded.vocabulary)
  const problem = useSignal<string | undefined>(undefined)
  useSignalEffect(() => {
    if (vocabulary.peek()) return
    storyVocabulary().then(
      found => {
        loaded.vocabulary = found
        vocabulary.value = found
      },
      (error: Error) => {
        problem.value = `The lists of words did not load (${error.message}). Type a beginning instead.`
      },
    )
  })
  const lists = vocabulary.value
  const draw = (): void => {
    const words = parts.map(({ key, list }) => [key, any(lists![list])])
    chosen.value = { ...chosen.value, ...Object.fromEntries(words) }
  }
  return (
    <div class="wishes">
      <div class="wish-words">
        {parts.map(({ key, list, label }) => (
          <div class="field" key={key}>
            <label for={`wish-${key}`}>{label}</label>
            <select
              id={`wish-${key}`}
              value={chosen.value[key]}
              onChange={event => {
                chosen.value = { ...chosen.value, [key]: event.currentTarget.value }
              }}
            >
              <option value="">none</option>
              {(lists?.[list] ?? (chosen.value[key] ? [chosen.value[key]] : [])).map(word => (
                <option key={word} value={word}>
                  {word}
                </option>
              ))}
            </select>
          </div>
        ))}
        <button type="button" disabled={!lists} onClick={draw}>
          Draw others
        </button>
      </div>
      <fieldset class="wish-features">
        <legend class="visually-hidden">Features</legend>
        {[...cues].map(([name, { label, hint }]) => (
          <label key={name} class="check" title={hint}>
            <input
              type="checkbox"
              checked={chosen.value.features.includes(name)}
              onChange={event => {
                const others = chosen.value.features.filter(other => other !== name)
                chosen.value = {
                  ...chosen.value,
                  features: event.currentTarget.checked ? [...others, name] : others,
                }
              }}
            />
            {label}
          </label>
        ))}
      </fieldset>
      <Problem>{problem.value}</Problem>
      <p class="quiet small">
        These models read stories and no instructions, so the page helps. The model drafts some sentences;
        where one of your words would have surprised it least, the page puts the word in and lets the model go
        on from there. For a feature the page begins a sentence, such as <q>{cues.get('MoralValue')!.text}</q>
        . Grey is what the page put in, and all the rest is the model's.
      </p>
    </div>
  )
}

function any<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)]!
}
