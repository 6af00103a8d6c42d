import { type Signal, useSignalEffect } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { Check } from '../../parts/check.tsx'
import { ModelPicker } from '../../parts/model-picker.tsx'
import { Problem } from '../../parts/notice.tsx'
import { PromptField } from '../../parts/prompt-field.tsx'
import { ShareBar } from '../../parts/share-bar.tsx'
import { StoryView } from '../../parts/story-view.tsx'
import { UnknownScript } from '../../parts/unknown-script.tsx'
import { arrival, leftAt } from '../../state/address.ts'
import { engineChoice } from '../../state/engine.ts'
import { findChoice, millions } from '../../state/models.ts'
import { ConstraintChecks } from './constraint-checks.tsx'
import { ConstraintsForm } from './constraints-form.tsx'
import { SamplingSettings } from './sampling-settings.tsx'
import type { Story } from './story.ts'
import { WriteStatus } from './write-status.tsx'
import { Writing } from './writing.ts'

/** Writes stories with a model. */
export function WritePanel() {
  const writing = useMemo(() => new Writing(), [])
  const { story, fields } = writing
  const { prompt, isConstrained, tinted } = fields
  const write = (): void => void writing.write()

  // The page writes its first story by itself, and that of each link; after a reload the one that was there.
  const isOpen = useMemo(() => ({ current: false }), [])
  useSignalEffect(() => {
    const { panel, values } = arrival.value
    if (panel === 'write') void writing.open(values)
    else if (!isOpen.current) void writing.open(leftAt('write') ?? {}, { isReturn: true })
    isOpen.current = true
  })
  useSignalEffect(() => story.useEngine(engineChoice.value))

  return (
    <div class="with-rail">
      <div class="sheet">
        <form
          class="prompt"
          onSubmit={event => {
            event.preventDefault()
            write()
          }}
        >
          <fieldset class="ways">
            <legend class="visually-hidden">How to start the story</legend>
            <Way isConstrained={isConstrained} value={false} label="Type a prompt" />
            <Way isConstrained={isConstrained} value={true} label="Choose words and features" />
          </fieldset>
          {isConstrained.value ? (
            <ConstraintsForm chosen={fields.chosen} instructions={story.info.value?.instructions ?? false} />
          ) : (
            <PromptField
              id="prompt"
              label="Prompt"
              rows={2}
              text={prompt}
              onKeyDown={event => {
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) write()
              }}
            />
          )}
          <div class="actions">
            <button type="submit" class="primary" disabled={story.model.value === undefined}>
              {story.tokens.value.length > 0 ? 'Write another' : 'Write a story'}
            </button>
            <button type="button" onClick={() => story.stop()} disabled={story.busy.value !== 'writing'}>
              Stop
            </button>
            <WriteStatus story={story} />
          </div>
        </form>
        <Problem>{story.problem.value}</Problem>
        <UnknownScript share={story.result.value?.unknownShare} words={story.result.value?.unknownWords} />
        {story.constraints.value && (
          <ConstraintChecks
            constraints={story.constraints.value}
            tokens={story.tokens.value}
            writing={story.busy.value === 'writing'}
          />
        )}
        <StoryView
          story={story}
          onBranch={(position, id) => void writing.branch(position, id)}
          tinted={tinted.value}
          placeholder={story.busy.value === 'opening' ? 'Opening the model...' : 'The story appears here.'}
        />
        {story.result.value && (
          <ShareBar
            text={() =>
              story.tokens
                .peek()
                .map(({ text }) => text)
                .join('')
            }
            credit={() => `Written by ${modelName(story)} in a browser, seed ${fields.seed.peek()}`}
          />
        )}
        <p class="legend">
          <Check
            checked={tinted.value}
            onChange={checked => {
              tinted.value = checked
            }}
          >
            Tint unlikely words
          </Check>
          <span>
            Point at a word to see its probability and alternatives; choose one to continue from there.
          </span>
        </p>
      </div>
      <aside class="rail" aria-label="Model and settings">
        <ModelPicker
          id="write"
          value={story.model.value}
          problem={story.modelProblem.value}
          onChoose={key => void writing.use(key)}
        />
        <SamplingSettings fields={fields} />
      </aside>
    </div>
  )
}

/** With its size. */
function modelName({ info, model }: Story): string {
  const name = findChoice(model.peek() ?? '')?.label ?? 'a model'
  return `${name} (${millions(info.peek()?.parameters ?? 0)} parameters)`
}

interface WayProps {
  isConstrained: Signal<boolean>
  value: boolean
  label: string
}

function Way({ isConstrained, value, label }: WayProps) {
  return (
    <label>
      <input
        type="radio"
        name="way"
        checked={isConstrained.value === value}
        onChange={() => {
          isConstrained.value = value
        }}
      />
      <span>{label}</span>
    </label>
  )
}
