import { useEffect, useMemo } from 'preact/hooks'
import { ConstraintChecks } from '../panels/write/constraint-checks.tsx'
import { type ChosenConstraints, ConstraintsForm } from '../panels/write/constraints-form.tsx'
import { randomSeed, Story } from '../panels/write/story.ts'
import { WriteStatus } from '../panels/write/write-status.tsx'
import { Problem } from '../parts/notice.tsx'
import { StoryView } from '../parts/story-view.tsx'
import { keptField } from '../state/kept-field.ts'
import { Chapter } from './chapter.tsx'

const OPTIONS = { temperature: 0.8, topP: 0.95, maxTokens: 180 }

/** Words and features that a story is to have. */
export function InstructionsChapter() {
  return (
    <Chapter
      id="instructions"
      title="Following instructions"
      Live={Live}
      further={{ panel: 'write', label: 'Write with words of your own' }}
    >
      <p>
        A second data set puts instructions before each story: words to use, a sentence, a feature such as a
        twist, or a summary. In the paper a model of one layer did not follow them, one of two layers followed
        some, and deeper ones followed more.
      </p>
      <p>
        The models here were trained on plain stories only, so the page helps: it searches for the place where
        the model finds your word most likely. What the page inserted is gray.
      </p>
    </Chapter>
  )
}

const WORDS: ChosenConstraints = { verb: 'climb', noun: 'hat', adjective: 'brave', features: ['Dialogue'] }

function Live() {
  const story = useMemo(() => new Story(), [])
  const chosen = useMemo(() => keptField('instruction-words', WORDS), [])
  const write = (): void => {
    const { verb, noun, adjective, features } = chosen.value
    const words = [adjective, noun, verb].filter(word => word !== '')
    void story.open('medium')
    void story.write('Once upon a time,', {
      ...OPTIONS,
      seed: randomSeed(),
      constraints: { words, features },
    })
  }
  useEffect(() => () => story.dispose(), [])
  return (
    <div class="sheet">
      <ConstraintsForm id="instruction" chosen={chosen} isBrief />
      <div class="actions">
        <button type="button" class="primary" onClick={write}>
          Write a story with them
        </button>
        <WriteStatus story={story} />
      </div>
      <Problem>{story.problem.value ?? story.modelProblem.value}</Problem>
      {story.constraints.value && (
        <ConstraintChecks
          constraints={story.constraints.value}
          tokens={story.tokens.value}
          writing={story.busy.value === 'writing'}
        />
      )}
      {story.tokens.value.length > 0 && <StoryView story={story} placeholder="" />}
    </div>
  )
}
