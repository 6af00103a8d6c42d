import { useSignalEffect } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { shippedModels } from '../models/shipped.ts'
import { randomSeed, Story } from '../panels/write/story.ts'
import { WriteStatus } from '../panels/write/write-status.tsx'
import { Problem } from '../parts/notice.tsx'
import { StoryView } from '../parts/story-view.tsx'
import { Term } from '../parts/term.tsx'
import { visit } from '../state/address.ts'
import { engineChoice } from '../state/engine.ts'
import { keptField } from '../state/kept-field.ts'
import { millions } from '../state/models.ts'
import { ModelWays } from './model-ways.tsx'

const PROMPTS = [
  'Once upon a time, there was a little fox who',
  'Ben and Mia found a small red box in the garden. They',
  'One day, the moon was very sad because',
  'Lily wanted to bake a cake for her grandma, but',
  'Tim was scared of the big dog. His mom said',
]
const OPTIONS = { temperature: 0.7, topP: 0.95, maxTokens: 130 }

/** The question of the paper, and a model that writes at once. */
export function Hero() {
  const story = useMemo(() => new Story(), [])
  const { model, prompt, seed } = useMemo(
    () => ({
      model: keptField('hero-model', 'small', id => shippedModels.some(each => each.id === id)),
      prompt: keptField('hero-prompt', 0, i => PROMPTS[i] !== undefined),
      seed: keptField('hero-seed', randomSeed()),
    }),
    [],
  )

  const write = (): void => {
    void story.open(model.value)
    void story.write(PROMPTS[prompt.value]!, { ...OPTIONS, seed: seed.value })
  }
  useSignalEffect(() => story.useEngine(engineChoice.value))
  useEffect(write, [])
  const shipped = shippedModels.find(({ id }) => id === model.value)!

  return (
    <div class="hero">
      <div class="hero-words">
        <h1>How small can a language model be and still tell a story?</h1>
        <p class="lead">
          In 2023 Ronen Eldan and Yuanzhi Li found that a model ten thousand times smaller than the large ones
          can write fluent English if it is trained on stories that a small child would understand. Scroll
          through their findings; every model on this page runs in your browser.
        </p>
        <p class="sources">
          <a href="https://arxiv.org/abs/2305.07759">Paper</a>
          <a href="https://huggingface.co/datasets/roneneldan/TinyStories">Data</a>
          {import.meta.env.VITE_CODE_URL && <a href={import.meta.env.VITE_CODE_URL}>Code</a>}
          <a href="LICENSE.txt">License</a>
        </p>
      </div>
      <div class="sheet hero-story">
        <ModelWays
          name="hero"
          value={model.value}
          onChoose={id => {
            model.value = id
            write()
          }}
        />
        <Problem>{story.problem.value ?? story.modelProblem.value}</Problem>
        <StoryView
          story={story}
          placeholder="Loading the model..."
          onBranch={(position, id) => void story.branch(position, id, { ...OPTIONS, seed: seed.value })}
        />
        <div class="actions">
          <button
            type="button"
            class="primary"
            onClick={() => {
              prompt.value = (prompt.value + 1) % PROMPTS.length
              seed.value = randomSeed()
              write()
            }}
          >
            Another story
          </button>
          <button
            type="button"
            onClick={() => {
              const values = { model: model.value, prompt: PROMPTS[prompt.value]!, seed: String(seed.value) }
              visit('write', { ...values, temperature: String(OPTIONS.temperature) })
              scrollTo({ top: 0 })
            }}
          >
            Write your own
          </button>
          <WriteStatus story={story} />
        </div>
        <p class="quiet small">
          Written just now by a model of {millions(shipped.parameters)} parameters <Term name="parameters" />.
          The warmer the color of a word, the less the model expected it. Point at a word to see its
          alternatives; choose one, and the story continues from there.
        </p>
      </div>
    </div>
  )
}
