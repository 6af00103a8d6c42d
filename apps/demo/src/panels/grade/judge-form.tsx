import type { Signal } from '@preact/signals'
import { knownPrices, pricesAsOf } from '@tinystories/llm'
import { useRef } from 'preact/hooks'
import { Problem } from '../../parts/notice.tsx'
import { Term } from '../../parts/term.tsx'
import { formatDollars, formatSeconds } from './format.ts'
import type { GradeSession } from './grade-session.ts'
import { servers } from './judge.ts'

/** Chooses the judge model, its server and the budget. */
export function JudgeForm({ session }: { session: GradeSession }) {
  const { judge, judging, judged, entries, writing } = session
  const key = useRef<HTMLInputElement>(null)
  const busy = judging.value !== undefined
  const count = entries.value.reduce((n, { completions }) => n + completions.length, 0)

  // The field is emptied as soon as it is left: the key is then in memory only.
  const takeKey = (): void => {
    const field = key.current
    if (!field || field.value === '') return
    judge.keep(field.value)
    field.value = ''
  }
  const chooseServer = (baseURL: string): void => {
    if (baseURL) judge.useServer(baseURL)
  }
  const preset = servers.find(each => each.baseURL === judge.baseURL.value)

  return (
    <form
      class="judge"
      aria-label="Judge"
      autocomplete="off"
      onSubmit={event => {
        event.preventDefault()
        takeKey()
        void session.judgeAll()
      }}
    >
      <fieldset class="settings">
        <legend>
          Judge <Term name="judge" />
        </legend>
        <div class="field">
          <label for="grade-server">Server</label>
          <select
            id="grade-server"
            value={preset?.baseURL ?? ''}
            onChange={event => chooseServer(event.currentTarget.value)}
          >
            {servers.map(({ label, baseURL }) => (
              <option key={baseURL} value={baseURL}>
                {label}
              </option>
            ))}
            <option value="">Other</option>
          </select>
        </div>
        <Text id="url" label="Address" value={judge.baseURL} onChange={chooseServer} mode="url" />
        <Text id="model" label="Model" value={judge.model} />
        <div class="field">
          <label for="grade-key">Key</label>
          <div class="input-with-button">
            <input
              id="grade-key"
              ref={key}
              type="password"
              autocomplete="off"
              spellcheck={false}
              data-1p-ignore
              data-lpignore="true"
              placeholder={judge.hasKey.value ? 'Kept in memory' : judge.isLocal() ? 'Not needed' : ''}
              aria-describedby="grade-key-note"
              onBlur={takeKey}
            />
            {judge.hasKey.value && (
              <button type="button" onClick={() => judge.forget()}>
                Forget
              </button>
            )}
          </div>
          <p id="grade-key-note" class="quiet grade-small">
            Kept in memory until the page closes, sent to this server only, never stored.
          </p>
        </div>
        <Text id="budget" label="Budget in US dollars" value={judge.budget} mode="decimal" />
        <details>
          <summary>Prices</summary>
          <div class="grade-prices">
            <Text id="input-price" label="$ per million tokens in" value={judge.inputPrice} mode="decimal" />
            <Text id="output-price" label="and out" value={judge.outputPrice} mode="decimal" />
          </div>
        </details>
        <p class="quiet grade-small">{priceNote(session)}</p>
      </fieldset>
      <Problem>{session.judgeProblem.value}</Problem>
      {session.isUnreachable.value && <Remedies />}
      <div class="actions">
        <button type="submit" class="primary" disabled={busy || count === 0 || writing.value !== undefined}>
          {session.report.value && !judged.value && !busy ? 'Resume judging' : 'Judge completions'}
        </button>
        <button type="button" disabled={!busy} onClick={() => session.stop()}>
          Stop
        </button>
      </div>
      <Progress session={session} count={count} />
    </form>
  )
}

function Progress({ session, count }: { session: GradeSession; count: number }) {
  const { judging, spent, spentKnown } = session
  const now = judging.value
  const cost = spentKnown.value ? formatDollars(spent.value) : 'cost not known'
  return (
    <div class="grade-progress">
      {now && (
        <progress aria-label="Graded" max={now.total} value={now.done}>
          {now.done} of {now.total}
        </progress>
      )}
      <p class="quiet grade-small" role="status">
        {now
          ? `${now.done} of ${now.total} judged, ${now.secondsLeft === undefined ? 'time left not known yet' : `${formatSeconds(now.secondsLeft)} left`}, ${cost}`
          : session.report.value
            ? `${session.judged.value ? 'All judged' : 'Not all judged'}, ${cost}`
            : count > 0
              ? `${count} completions, at least two requests each`
              : 'Write completions first.'}
      </p>
      {now?.note && <p class="quiet grade-small">{now.note}</p>}
    </div>
  )
}

function priceNote({ judge }: GradeSession): string {
  const prices = judge.prices()
  if (!prices) return 'The price of this model is not known. Enter it under Prices, or clear the budget.'
  if (prices.input === 0 && prices.output === 0) return 'A server on this machine is counted as free.'
  const listed = judge.inputPrice.value === '' && knownPrices(judge.model.value.trim())
  return `$${prices.input} in and $${prices.output} out per million tokens${listed ? ` (list price of ${pricesAsOf})` : ''}.`
}

/** How to let servers answer a page of another origin. */
function Remedies() {
  return (
    <ul class="grade-remedies" aria-label="Remedies">
      <li>
        Ollama: start it with <code>OLLAMA_ORIGINS={location.origin}</code>
      </li>
      <li>LM Studio: turn on CORS in the server's settings</li>
      <li>
        vLLM: <code>--allowed-origins '["{location.origin}"]'</code>
      </li>
      <li>llama.cpp answers every page: check that it is running, and on this port</li>
      {location.protocol === 'https:' && (
        <li>A page on https can reach only http servers on this machine: use localhost.</li>
      )}
    </ul>
  )
}

interface TextProps {
  id: string
  label: string
  value: Signal<string>
  mode?: 'url' | 'decimal'
  /** Default: the text becomes the value. */
  onChange?(value: string): void
}

function Text({
  id,
  label,
  value,
  mode,
  onChange = text => {
    value.value = text
  },
}: TextProps) {
  return (
    <div class="field">
      <label for={`grade-${id}`}>{label}</label>
      <input
        id={`grade-${id}`}
        type="text"
        inputMode={mode ?? 'text'}
        autocomplete="off"
        spellcheck={false}
        value={value.value}
        onChange={event => onChange(event.currentTarget.value.trim())}
      />
    </div>
  )
}
