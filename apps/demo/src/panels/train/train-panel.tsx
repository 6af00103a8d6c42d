import './train.css'
import { signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { LossChart } from '../../parts/loss-chart.tsx'
import { Problem } from '../../parts/notice.tsx'
import { millions } from '../../state/models.ts'
import { sizes } from '../../training/settings.ts'
import { randomSeed } from '../write/story.ts'
import { Training } from './training.ts'

const BUNDLED = 'bundled stories'
const MINUTES = [2, 5, 10, 30]

// Module state: the choice survives a re-render of the panel.
const size = signal(sizes[0]!.id)
const minutes = signal(5)
const corpus = signal<File | undefined>(undefined)

/** Trains a model in a worker. */
export function TrainPanel() {
  const training = useMemo(() => new Training(), [])
  useEffect(() => void training.look(), [])
  const { state } = training
  const running = state.value === 'training' || state.value === 'pausing'
  return (
    <div class="with-rail">
      <div class="sheet">
        <Progress training={training} />
        <Problem>{training.problem.value}</Problem>
        {training.warning.value && (
          <p class="warning" role="status">
            {training.warning.value}
          </p>
        )}
        <LossChart curve={training.curve.value} heldOut={training.heldOut.value} />
        <Samples training={training} />
      </div>
      <aside class="rail" aria-label="Run settings">
        {training.resumable.value && !running && <Resume training={training} />}
        <Settings training={training} running={running} />
      </aside>
    </div>
  )
}

function Progress({ training }: { training: Training }) {
  const { state, step, seconds, tokensPerSecond, engine, phase, curve, heldOut, savedStep, settings } =
    training
  const running = state.value === 'training' || state.value === 'pausing'
  const best = heldOut.value.at(-1) ?? curve.value.at(-1)
  return (
    <div class="train-head">
      <div>
        <h2>{title(state.value, settings.value?.corpusName)}</h2>
        <p class="quiet" role="status">
          {phase.value ??
            (engine.value
              ? `${millions(training.parameters.value)} parameters, ${engine.value.description}${savedStep.value === undefined ? '' : `, saved at step ${savedStep.value.toLocaleString('en')}`}`
              : 'A new model has random weights. It learns to write words within a minute.')}
        </p>
      </div>
      <dl class="numbers">
        <Figure label="step" value={step.value.toLocaleString('en')} />
        <Figure label="time" value={clock(seconds.value)} />
        <Figure
          label="tokens/s"
          value={tokensPerSecond.value ? Math.round(tokensPerSecond.value).toLocaleString('en') : '-'}
        />
        <Figure label="bits per byte" value={best ? best.bitsPerByte.toFixed(2) : '-'} />
      </dl>
      <div class="actions">
        {running ? (
          <button type="button" disabled={state.value === 'pausing'} onClick={() => training.pause()}>
            {state.value === 'pausing' ? 'Pausing...' : 'Pause'}
          </button>
        ) : (
          state.value === 'paused' && (
            <button type="button" class="primary" onClick={() => void training.resume()}>
              Resume
            </button>
          )
        )}
        <button type="button" disabled={step.value === 0} onClick={() => void training.download()}>
          Download the model
        </button>
      </div>
    </div>
  )
}

function title(state: Training['state']['value'], corpus: string | undefined): string {
  switch (state) {
    case 'idle':
      return 'Train a model on stories'
    case 'training':
    case 'pausing':
      return `Training on ${corpus}`
    case 'paused':
      return 'Paused'
    case 'finished':
      return 'Finished'
  }
}

function Figure({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd class="figure">{value}</dd>
    </div>
  )
}

function Samples({ training }: { training: Training }) {
  const samples = training.samples.value
  return (
    <section class="samples" aria-label="Samples written during training">
      <h3>Samples</h3>
      {samples.length === 0 ? (
        <p class="quiet">The model writes a sample every few seconds. The first ones are noise.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: many stories are moved with the keys
        <ol tabIndex={0}>
          {samples.map(({ step, text }) => (
            <li key={step}>
              <span class="sample-step figure">step {step.toLocaleString('en')}</span>
              <p>{text}</p>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

function Resume({ training }: { training: Training }) {
  const { settings, step, seconds } = training.resumable.value!
  return (
    <div class="resume">
      <h3>A run from an earlier visit</h3>
      <p class="quiet">
        {sizes.find(({ id }) => id === settings.size)?.name} on {settings.corpusName}, step{' '}
        {step.toLocaleString('en')}, {clock(seconds)} of training
      </p>
      <div class="actions">
        <button type="button" class="primary" onClick={() => void training.resume()}>
          Resume
        </button>
        <button type="button" onClick={() => void training.discard()}>
          Delete
        </button>
      </div>
    </div>
  )
}

function Settings({ training, running }: { training: Training; running: boolean }) {
  return (
    <form
      class="settings"
      onSubmit={event => {
        event.preventDefault()
        // On a phone the curve is above, out of sight.
        document.querySelector('.train-head')?.scrollIntoView({ block: 'nearest' })
        void training.start(
          {
            size: size.value,
            corpusName: corpus.value?.name ?? BUNDLED,
            minutes: minutes.value,
            seed: randomSeed(),
          },
          corpus.value,
        )
      }}
    >
      <fieldset class="model-choices" disabled={running}>
        <legend>Size</legend>
        {sizes.map(({ id, name, detail }) => (
          <label key={id} class="model-choice">
            <input
              type="radio"
              name="train-size"
              value={id}
              checked={size.value === id}
              onChange={() => {
                size.value = id
              }}
            />
            <span class="model-name">{name}</span>
            <span class="model-detail">{detail}</span>
          </label>
        ))}
      </fieldset>
      <fieldset class="model-choices" disabled={running}>
        <legend>Text</legend>
        <label class="model-choice">
          <input
            type="radio"
            name="train-corpus"
            checked={corpus.value === undefined}
            onChange={() => {
              corpus.value = undefined
            }}
          />
          <span class="model-name">Bundled stories</span>
          <span class="model-detail">1 MB, written for this project</span>
        </label>
        <label class="model-choice file-choice">
          <input
            type="file"
            id="train-file"
            accept=".txt,text/plain"
            onChange={event => {
              corpus.value = event.currentTarget.files?.[0] ?? undefined
            }}
          />
          <span class={`dot${corpus.value ? ' on' : ''}`} aria-hidden="true" />
          <span class="model-name">{corpus.value?.name ?? 'A text of your own'}</span>
          <span class="model-detail">UTF-8, up to 32 MB; it stays on your machine</span>
        </label>
      </fieldset>
      <div class="field">
        <label for="train-minutes">Training time</label>
        <select
          id="train-minutes"
          disabled={running}
          value={String(minutes.value)}
          onChange={event => {
            minutes.value = parseInt(event.currentTarget.value, 10)
          }}
        >
          {MINUTES.map(value => (
            <option key={value} value={String(value)}>
              {value} minutes
            </option>
          ))}
        </select>
      </div>
      <button type="submit" class={training.state.value === 'paused' ? '' : 'primary'} disabled={running}>
        {training.state.value === 'idle' ? 'Start training' : 'Start a new run'}
      </button>
    </form>
  )
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`
}
