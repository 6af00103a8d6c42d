import { type Signal, useSignal, useSignalEffect } from '@preact/signals'
import { type StoryVocabulary, storyVocabulary } from '@tinystories/dataset/synthesis'
import { featureTriggers } from '@tinystories/model/generation'
import { featureLabels } from '../../constraints/feature-labels.ts'
import { describeError } from '../../errors/describe-error.ts'
import { Check } from '../../parts/check.tsx'
import { Problem } from '../../parts/notice.tsx'
import { SelectField } from '../../parts/select-field.tsx'

/** What is chosen; an empty word is not used. */
export interface ChosenConstraints {
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

interface ConstraintsFormProps {
  chosen: Signal<ChosenConstraints>
  /** Whether the model was trained on instructions. Default false. */
  instructions?: boolean
  /** Begins the ids of the fields. */
  id?: string
  /** Leaves out how it is done. */
  isBrief?: boolean
}

/** Chooses words of the story lists, and features. */
export function ConstraintsForm({
  chosen,
  instructions = false,
  id = 'constraint',
  isBrief = false,
}: ConstraintsFormProps) {
  const vocabulary = useSignal(loaded.vocabulary)
  const problem = useSignal<string | undefined>(undefined)
  useSignalEffect(() => {
    if (vocabulary.peek()) return
    storyVocabulary().then(
      found => {
        loaded.vocabulary = found
        vocabulary.value = found
      },
      error => {
        problem.value = `The word lists did not load. ${describeError(error)} Type a prompt instead.`
      },
    )
  })
  const lists = vocabulary.value
  const draw = (): void => {
    const words = parts.map(({ key, list }) => [key, any(lists![list])])
    chosen.value = { ...chosen.value, ...Object.fromEntries(words) }
  }
  return (
    <div class="constraints">
      <div class="constraint-words">
        {parts.map(({ key, list, label }) => (
          <SelectField
            key={key}
            id={`${id}-${key}`}
            label={label}
            value={chosen.value[key]}
            options={[
              ['', 'none'],
              ...(lists?.[list] ?? (chosen.value[key] ? [chosen.value[key]] : [])).map(
                word => [word, word] as const,
              ),
            ]}
            onChoose={word => {
              chosen.value = { ...chosen.value, [key]: word }
            }}
          />
        ))}
        <button type="button" disabled={!lists} onClick={draw}>
          New words
        </button>
      </div>
      <fieldset class="constraint-features">
        <legend class="visually-hidden">Features</legend>
        {[...featureLabels].map(([name, { label, hint }]) => (
          <Check
            key={name}
            title={hint}
            checked={chosen.value.features.includes(name)}
            onChange={checked => {
              const others = chosen.value.features.filter(other => other !== name)
              chosen.value = { ...chosen.value, features: checked ? [...others, name] : others }
            }}
          >
            {label}
          </Check>
        ))}
      </fieldset>
      <Problem>{problem.value}</Problem>
      {!isBrief && (
        <p class="quiet small">
          {instructions
            ? 'This model was trained on instructions, and is asked for your words and features. Where it does not follow, the page helps:'
            : 'These models continue stories; they do not follow instructions. So the page helps:'}{' '}
          the model drafts a few sentences, the page inserts one of your words where the model found it most
          likely, and the model continues from there. For a feature the page starts a sentence, for example{' '}
          <q>{featureTriggers.MoralValue!.text}</q>. Inserted words are gray; the rest is written by the
          model.
        </p>
      )}
    </div>
  )
}

function any<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)]!
}
