import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { describeError } from '../../errors/describe-error.ts'
import { Problem } from '../../parts/notice.tsx'
import { Slider } from '../../parts/slider.tsx'
import { percent } from '../../parts/story-view.tsx'
import { Term } from '../../parts/term.tsx'
import type { InsideReport, LensReport } from '../../workers/inside.ts'
import type { Story } from '../write/story.ts'

/** What the model would say next if it ended after each layer. */
export function Lens({ story, report }: { story: Story; report: InsideReport }) {
  const lens = useSignal<LensReport | undefined>(undefined)
  const problem = useSignal<string | undefined>(undefined)
  const { pieces, ids } = report
  const position = useSignal(Math.min(pieces.length - 1, 10))
  useEffect(() => {
    lens.value = undefined
    problem.value = undefined
    story.client.call('lens', { ids }).then(
      found => {
        lens.value = found
      },
      error => {
        problem.value = describeError(error)
      },
    )
  }, [report])
  const at = Math.min(position.value, pieces.length - 1)
  const next = pieces[at + 1]
  return (
    <section class="sheet" aria-label="Logit lens">
      <div>
        <h2>
          Layer by layer <Term name="logit lens" />
        </h2>
        <p class="quiet">What the model would predict next if it stopped after each layer.</p>
      </div>
      <Slider
        id="lens-position"
        label="After the word"
        value={at}
        min={0}
        max={pieces.length - 1}
        step={1}
        format={i => pieces[i]?.trim() || '\u21b5'}
        onInput={value => {
          position.value = value
        }}
      />
      <p class="lens-text" dir="auto">
        {pieces.slice(0, at).join('')}
        <mark>{pieces[at]}</mark>
        {next !== undefined && <span class="quiet">{next}</span>}
      </p>
      <Problem>{problem.value}</Problem>
      {lens.value ? (
        <table class="lens">
          <caption class="visually-hidden">The likeliest next tokens after each layer</caption>
          <tbody>
            {lens.value.layers.map((positions, layer) => (
              <tr key={layer}>
                <th scope="row">{layer === 0 ? 'Embedding' : `Layer ${layer}`}</th>
                {positions[at]!.map(({ text, probability }, rank) => (
                  <td
                    key={rank}
                    class={text === next ? 'right' : ''}
                    style={{ '--share': `${probability * 100}%` }}
                  >
                    <span>{text.trim() || '\u21b5'}</span>{' '}
                    <span class="quiet figure">{percent(probability)}</span>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        !problem.value && <p class="quiet">Computing...</p>
      )}
    </section>
  )
}
