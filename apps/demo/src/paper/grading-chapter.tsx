import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { shippedModels } from '../models/shipped.ts'
import { randomSeed, Story } from '../panels/write/story.ts'
import { Problem } from '../parts/notice.tsx'
import { StoryView } from '../parts/story-view.tsx'
import { Term } from '../parts/term.tsx'
import { millions } from '../state/models.ts'
import { Chapter } from './chapter.tsx'

const PROMPTS = [
  'Mia had a secret. Under her bed lived a very small',
  'The rain did not stop. Grandpa looked out of the window and said, "',
  'A bird fell out of its nest. Sam wanted to help, so he',
  'Anna did not want to share her cookies. Then',
]
const OPTIONS = { temperature: 0.7, topP: 0.95, maxTokens: 80 }

/** The visitor grades two models without knowing which is which. */
export function GradingChapter() {
  return (
    <Chapter
      id="grading"
      title="Grading stories"
      Live={Live}
      further={{ panel: 'grade', label: 'Have stories graded by a language model' }}
    >
      <p>
        No test with fixed answers can grade a story. So the authors had GPT-4 <Term name="judge" /> grade
        completions as a teacher grades a student's exercise: it first writes an assessment, then scores
        grammar, creativity and consistency, and guesses the age of the writer <Term name="age group" />.
      </p>
      <p>Be the judge: here are two models of this page, in random order. Which completion is better?</p>
    </Chapter>
  )
}

function Live() {
  const stories = useMemo(() => [new Story(), new Story()], [])
  const round = useSignal(0)
  const models = useSignal<readonly [string, string]>(['tiny', 'medium'])
  const choice = useSignal<number | undefined>(undefined)
  const tally = useSignal({ rounds: 0, larger: 0 })

  const begin = (): void => {
    const order = shippedModels.map(({ id }) => id).sort(() => Math.random() - 0.5)
    models.value = [order[0]!, order[1]!]
    choice.value = undefined
    const seed = randomSeed()
    for (const [i, story] of stories.entries()) {
      void story.open(models.value[i]!)
      void story.write(PROMPTS[round.value % PROMPTS.length]!, { ...OPTIONS, seed: seed + i })
    }
    round.value++
  }
  useEffect(() => {
    begin()
    return () => {
      for (const story of stories) story.dispose()
    }
  }, [])
  const sizeOf = (id: string): number => shippedModels.find(each => each.id === id)!.parameters
  const choose = (i: number): void => {
    choice.value = i
    const isLarger = sizeOf(models.value[i]!) > sizeOf(models.value[1 - i]!)
    tally.value = { rounds: tally.value.rounds + 1, larger: tally.value.larger + Number(isLarger) }
  }
  const isReady = stories.every(story => story.result.value !== undefined)
  return (
    <>
      <div class="columns two">
        {stories.map((story, i) => (
          <article
            key={i}
            class={`sheet${choice.value === i ? ' chosen' : ''}`}
            aria-label={`Story ${i + 1}`}
          >
            <Problem>{story.problem.value ?? story.modelProblem.value}</Problem>
            <StoryView story={story} placeholder="Loading the model..." tinted={false} />
            {choice.value === undefined ? (
              <button type="button" disabled={!isReady} onClick={() => choose(i)}>
                This one is better
              </button>
            ) : (
              <p>
                {shippedModels.find(({ id }) => id === models.value[i])!.name},{' '}
                {millions(sizeOf(models.value[i]!))} parameters
              </p>
            )}
          </article>
        ))}
      </div>
      <div class="actions">
        <button type="button" class="primary" onClick={begin}>
          Two other stories
        </button>
        <p class="status" role="status">
          {tally.value.rounds > 0 &&
            `You preferred the larger model ${tally.value.larger} of ${tally.value.rounds} times.`}
        </p>
      </div>
    </>
  )
}
