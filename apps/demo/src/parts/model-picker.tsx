import { useSignal } from '@preact/signals'
import { describeError } from '../errors/describe-error.ts'
import { addChoice, choices, deleteChoice, type ModelChoice, renameChoice } from '../state/models.ts'
import { ChoiceRow } from './choice-row.tsx'
import { DropArea } from './drop-area.tsx'
import { filesOf, filesOfDrop } from './dropped-files.ts'
import { Problem } from './notice.tsx'
import { TokenizerWarning } from './tokenizer-warning.tsx'

interface ModelPickerProps {
  id: string
  value: string | undefined
  onChoose(key: string): void
  /** What went wrong with the model that was chosen. */
  problem?: string | undefined
}

/** Chooses a model from the shelf, and brings others: files, or one on the hub. */
export function ModelPicker({ id, value, onChoose, problem }: ModelPickerProps) {
  const own = useSignal<string | undefined>(undefined)

  const take = (files: Record<string, Blob>, name: string): void => {
    own.value = undefined
    onChoose(addChoice({ label: name, detail: 'your files', source: { kind: 'files', name, files } }))
  }
  return (
    <DropArea
      onFiles={async dropped => {
        try {
          const { files, name } = await filesOfDrop(dropped)
          take(files, name)
        } catch (error) {
          own.value = describeError(error)
        }
      }}
    >
      <fieldset class="model-choices">
        <legend>Model</legend>
        {choices.value.map(choice => (
          <div key={choice.key} class="model-row">
            <ChoiceRow
              type="radio"
              name={`${id}-model`}
              value={choice.key}
              checked={choice.key === value}
              onChange={() => onChoose(choice.key)}
              label={choice.label}
              detail={choice.detail}
            />
            {!choice.shipped && (
              <ModelTools
                id={id}
                choice={choice}
                onProblem={text => {
                  own.value = text
                }}
              />
            )}
          </div>
        ))}
      </fieldset>
      <Problem>{problem ?? own.value}</Problem>
      <TokenizerWarning models={value === undefined ? [] : [value]} />
      <OtherModel id={id} onTake={take} onChoose={onChoose} />
    </DropArea>
  )
}

interface ModelToolsProps {
  id: string
  choice: ModelChoice
  onProblem(text: string | undefined): void
}

/** Names a visitor's model, and removes it. */
function ModelTools({ id, choice, onProblem }: ModelToolsProps) {
  const field = `${id}-name-${choice.key}`
  const remove = async (): Promise<void> => {
    const what = choice.source.kind === 'run' ? 'The run is deleted from this browser, too.' : ''
    if (!confirm(`Remove ${choice.label}? ${what}`)) return
    try {
      await deleteChoice(choice)
      onProblem(undefined)
    } catch (error) {
      onProblem(describeError(error))
    }
  }
  return (
    <details class="model-tools">
      <summary aria-label={`Rename or remove ${choice.label}`}>{'\u22ef'}</summary>
      <div>
        <label for={field}>Name</label>
        <input
          id={field}
          type="text"
          dir="auto"
          maxLength={60}
          value={choice.label}
          onChange={event => {
            const label = event.currentTarget.value.trim()
            if (label) void renameChoice(choice, label)
            else event.currentTarget.value = choice.label
          }}
        />
        <button type="button" onClick={() => void remove()}>
          Remove
        </button>
      </div>
    </details>
  )
}

interface OtherModelProps {
  id: string
  onTake(files: Record<string, Blob>, name: string): void
  onChoose(key: string): void
}

/** Brings a model as files, or by its name on the hub. */
export function OtherModel({ id, onTake, onChoose }: OtherModelProps) {
  const hub = useSignal('')
  const takeHub = (event: Event): void => {
    event.preventDefault()
    const name = hub.value.trim()
    if (!name) return
    onChoose(addChoice({ label: name, detail: 'from the hub', source: { kind: 'hub', name } }))
  }

  return (
    <details>
      <summary>Use another model</summary>
      <div class="other-model">
        <label class="drop-zone">
          <input
            type="file"
            multiple
            accept=".safetensors,.bin,.json,.zip"
            onChange={event => {
              const input = event.currentTarget
              if (input.files?.length) {
                const { files, name } = filesOf([...input.files])
                onTake(files, name)
              }
              input.value = ''
            }}
          />
          <strong>Drop a model's folder or zip here</strong>, or choose its files: model.safetensors,
          config.json and tokenizer.json. They stay on your machine.
        </label>
        <form onSubmit={takeHub}>
          <label for={`${id}-hub`}>Or a model on the Hugging Face hub</label>
          <div class="input-with-button">
            <input
              id={`${id}-hub`}
              type="text"
              placeholder="owner/name, owner/name@revision or its address"
              spellcheck={false}
              autocomplete="off"
              value={hub.value}
              onInput={event => {
                hub.value = event.currentTarget.value
              }}
            />
            <button type="submit">Open</button>
          </div>
        </form>
      </div>
    </details>
  )
}
