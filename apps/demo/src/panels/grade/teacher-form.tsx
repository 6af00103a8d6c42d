import { knownPrices, pricesAsOf } from '@tinystories/llm'
import { useRef } from 'preact/hooks'
import { Problem } from '../../parts/notice.tsx'
import { formatDollars, formatSeconds } from './format.ts'
import type { GradeSession } from './grade-session.ts'
import { servers } from './teacher.ts'

/** Which model marks, at which server, and what it may cost. */
export function TeacherForm({ session }: { session: GradeSession }) {
  const { teacher, marking, marked, pupils, writing } = session
  const key = useRef<HTMLInputElement>(null)
  const busy = marking.value !== undefined
  const count = pupils.value.reduce((n, { completions }) => n + completions.length, 0)

  // The field is emptied as soon as it is left: the key is then in memory only.
  const takeKey = (): void => {
    const field = key.current
    if (!field || field.value === '') return
    teacher.keep(field.value)
    field.value = ''
  }
  const chooseServer = (baseURL: string): void => {
    if (baseURL) teacher.useServer(baseURL)
  }
  const preset = servers.find(each => each.baseURL === teacher.baseURL.value)

  return (
    <form
      class="teacher"
      aria-label="Teacher"
      autocomplete="off"
      onSubmit={event => {
        event.preventDefault()
        takeKey()
        void session.mark()
      }}
    >
      <fieldset class="settings">
        <legend>Teacher</legend>
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
            <option value="">Another</option>
          </select>
        </div>
        <Text id="url" label="Its address" value={teacher.baseURL.value} onChange={chooseServer} mode="url" />
        <Text
          id="model"
          label="Model"
          value={teacher.model.value}
          onChange={value => {
            teacher.model.value = value
          }}
        />
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
              placeholder={teacher.hasKey.value ? 'Kept in memory' : teacher.isLocal() ? 'Not needed' : ''}
              aria-describedby="grade-key-note"
              onBlur={takeKey}
            />
            {teacher.hasKey.value && (
              <button type="button" onClick={() => teacher.forget()}>
                Forget
              </button>
            )}
          </div>
          <p id="grade-key-note" class="quiet grade-small">
            Yours: in this page's memory until it closes, sent to this server only, stored nowhere.
          </p>
        </div>
        <Text
          id="budget"
          label="Budget in US dollars"
          value={teacher.budget.value}
          onChange={value => {
            teacher.budget.value = value
          }}
          mode="decimal"
        />
        <details>
          <summary>Prices</summary>
          <div class="grade-prices">
            <Text
              id="input-price"
              label="$ per million tokens in"
              value={teacher.inputPrice.value}
              onChange={value => {
                teacher.inputPrice.value = value
              }}
              mode="decimal"
            />
            <Text
              id="output-price"
              label="and out"
              value={teacher.outputPrice.value}
              onChange={value => {
                teacher.outputPrice.value = value
              }}
              mode="decimal"
            />
          </div>
        </details>
        <p class="quiet grade-small">{priceNote(session)}</p>
      </fieldset>
      <Problem>{session.markProblem.value}</Problem>
      {/reached from this page/.test(session.markProblem.value ?? '') && <Remedies />}
      <div class="actions">
        <button type="submit" class="primary" disabled={busy || count === 0 || writing.value !== undefined}>
          {session.report.value && !marked.value && !busy ? 'Go on marking' : 'Have them marked'}
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
  const { marking, spent, spentKnown } = session
  const now = marking.value
  const cost = spentKnown.value ? formatDollars(spent.value) : 'cost not known'
  return (
    <div class="grade-progress">
      {now && (
        <progress aria-label="Marked" max={now.total} value={now.done}>
          {now.done} of {now.total}
        </progress>
      )}
      <p class="quiet grade-small" role="status">
        {now
          ? `${now.done} of ${now.total} marked, ${now.secondsLeft === undefined ? 'time not known yet' : `${formatSeconds(now.secondsLeft)} left`}, ${cost}`
          : session.report.value
            ? `${session.marked.value ? 'All marked' : 'Not all marked'}, ${cost}`
            : count > 0
              ? `${count} completions, at least two questions each`
              : 'First let the models write.'}
      </p>
      {now?.note && <p class="quiet grade-small">{now.note}</p>}
    </div>
  )
}

function priceNote({ teacher }: GradeSession): string {
  const prices = teacher.prices()
  if (!prices) return 'The price of this model is not known: give it under Prices, or empty the budget.'
  if (prices.input === 0 && prices.output === 0) return 'A server on this machine: taken to cost nothing.'
  const listed = teacher.inputPrice.value === '' && knownPrices(teacher.model.value.trim())
  return `$${prices.input} in and $${prices.output} out for a million tokens${listed ? ` (list price of ${pricesAsOf})` : ''}.`
}

/** What servers want before they answer a page of another origin. */
function Remedies() {
  return (
    <ul class="grade-remedies" aria-label="What may help">
      <li>
        Ollama: start it with <code>OLLAMA_ORIGINS={location.origin}</code>
      </li>
      <li>LM Studio: turn on CORS in the server's settings</li>
      <li>
        vLLM: <code>--allowed-origins '["{location.origin}"]'</code>
      </li>
      <li>llama.cpp lets every page ask; is it running, and on this port?</li>
      {location.protocol === 'https:' && (
        <li>A page on https may ask http servers on this machine only: write localhost.</li>
      )}
    </ul>
  )
}

interface TextProps {
  id: string
  label: string
  value: string
  mode?: 'url' | 'decimal'
  onChange(value: string): void
}

function Text({ id, label, value, mode, onChange }: TextProps) {
  return (
    <div class="field">
      <label for={`grade-${id}`}>{label}</label>
      <input
        id={`grade-${id}`}
        type="text"
        inputMode={mode ?? 'text'}
        autocomplete="off"
        spellcheck={false}
        value={value}
        onChange={event => onChange(event.currentTarget.value.trim())}
      />
    </div>
  )
}
