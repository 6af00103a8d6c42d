import './train.css'
import type { ComponentProps } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import { LossChart } from '../../parts/loss-chart.tsx'
import { Problem } from '../../parts/notice.tsx'
import { Term } from '../../parts/term.tsx'
import { useLeaveWarning } from '../../parts/use-leave-warning.ts'
import { visit } from '../../state/address.ts'
import { millions } from '../../state/models.ts'
import { runName } from '../../training/settings.ts'
import { SettingsForm } from './settings-form.tsx'
import { Training } from './training.ts'

/** Trains a model in a worker. */
export function TrainPanel() {
  const training = useMemo(() => new Training(), [])
  useEffect(() => {
    const refresh = (): void => void training.refresh()
    refresh()
    // Other tabs train too.
    addEventListener('focus', refresh)
    return () => removeEventListener('focus', refresh)
  }, [])
  // Where nothing can be kept, the run ends with the page.
  useLeaveWarning(() => training.step.value > 0 && !training.isKept())
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
        {training.curve.value.length > 0 && (
          <LossChart curve={training.curve.value} heldOut={training.heldOut.value} />
        )}
        {training.id.value !== undefined && <Samples training={training} />}
      </div>
      <aside class="rail" aria-label="Run settings">
        <SettingsForm training={training} running={running} />
        <KeptRuns training={training} running={running} />
      </aside>
    </div>
  )
}

function Progress({ training }: { training: Training }) {
  const {
    state,
    step,
    seconds,
    tokensPerSecond,
    engine,
    phase,
    curve,
    heldOut,
    savedStep,
    settings,
    best,
    id,
  } = training
  const running = state.value === 'training' || state.value === 'pausing'
  const latest = heldOut.value.at(-1) ?? curve.value.at(-1)
  return (
    <div class="train-head">
      <div>
        <h2 dir="auto">{title(state.value, settings.value?.corpusName)}</h2>
        <p class="quiet" role="status">
          {phase.value ??
            (engine.value
              ? `${millions(training.parameters.value)} parameters, ${engine.value.description}${savedStep.value === undefined ? '' : `, saved at step ${savedStep.value.toLocaleString('en')}`}`
              : 'A new model starts from random weights and writes words within a minute. A trained model takes on the style of your text.')}
        </p>
      </div>
      <div class="actions">
        {running ? (
          <button type="button" disabled={state.value === 'pausing'} onClick={() => training.pause()}>
            {state.value === 'pausing' ? 'Pausing...' : 'Pause'}
          </button>
        ) : (
          <>
            {state.value === 'paused' && (
              <button type="button" class="primary" onClick={() => void training.resume()}>
                Resume
              </button>
            )}
            <button type="submit" form="train-settings" class={state.value === 'paused' ? '' : 'primary'}>
              {state.value === 'idle' ? 'Start training' : 'Start a new run'}
            </button>
          </>
        )}
        {id.value !== undefined && (
          <>
            <button type="button" disabled={step.value === 0} onClick={() => void training.download()}>
              Download the model
            </button>
            <button
              type="button"
              disabled={!training.isKept()}
              onClick={() =>
                visit('write', { model: `run-${id.value}`, prompt: 'Once upon a time, there was a' })
              }
            >
              Write with it
            </button>
          </>
        )}
      </div>
      {settings.value && (
        <p class="train-time">
          <progress
            value={Math.min(seconds.value, settings.value.minutes * 60)}
            max={settings.value.minutes * 60}
            aria-label="Training time"
          />
          <span class="quiet small figure">
            {clock(seconds.value)} of {clock(settings.value.minutes * 60)}
          </span>
        </p>
      )}
      {id.value !== undefined && (
        <dl class="numbers">
          <Figure label="step" value={step.value.toLocaleString('en')} />
          <Figure label="time" value={clock(seconds.value)} />
          <Figure
            label="tokens/s"
            value={tokensPerSecond.value ? Math.round(tokensPerSecond.value).toLocaleString('en') : '-'}
          />
          <Figure
            label="bits per byte"
            term="bits per byte"
            value={latest ? latest.bitsPerByte.toFixed(2) : '-'}
            note={
              latest && best.value
                ? `best ${best.value.bitsPerByte.toFixed(2)} at step ${best.value.step.toLocaleString('en')}`
                : undefined
            }
          />
        </dl>
      )}
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

interface FigureProps {
  label: string
  value: string
  note?: string | undefined
  term?: ComponentProps<typeof Term>['name']
}

function Figure({ label, value, note, term }: FigureProps) {
  return (
    <div>
      <dt>
        {label} {term && <Term name={term} />}
        {note && <span class="note">{note}</span>}
      </dt>
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
              <p dir="auto" class="sample-text">
                {/* A model that has learned little writes many empty lines. */}
                {text.replaceAll(/\n{3,}/g, '\n\n')}
              </p>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

/** The runs in the browser's storage besides the one that is shown. */
function KeptRuns({ training, running }: { training: Training; running: boolean }) {
  const runs = training.kept.value.filter(({ id }) => id !== training.id.value)
  if (runs.length === 0) return null
  return (
    <section class="resume" aria-label="Saved runs">
      <h3>Saved runs</h3>
      <ul>
        {runs.map(run => (
          <li key={run.id}>
            <p class="quiet">
              <bdi>{runName(run.settings)}</bdi>, step {run.step.toLocaleString('en')}, {clock(run.seconds)}{' '}
              of training
            </p>
            {run.inUse ? (
              <p class="quiet small">Open in another tab.</p>
            ) : (
              <div class="actions">
                <button
                  type="button"
                  class="primary"
                  disabled={running}
                  onClick={() => void training.resume(run)}
                >
                  Resume
                </button>
                <button
                  type="button"
                  disabled={running}
                  onClick={() => {
                    if (confirm(`Delete the run at step ${run.step.toLocaleString('en')}?`))
                      void training.delete(run)
                  }}
                >
                  Delete
                </button>
              </div>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`
}
