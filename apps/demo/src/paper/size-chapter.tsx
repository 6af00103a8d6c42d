import { publishedRows } from '@tinystories/sweep/published'
import { useEffect, useMemo } from 'preact/hooks'
import probes from '../../models/probes.json' with { type: 'json' }
import type { Measured } from '../models/measured.ts'
import { shippedModels } from '../models/shipped.ts'
import { randomSeed, Story } from '../panels/write/story.ts'
import { Problem } from '../parts/notice.tsx'
import { PromptField } from '../parts/prompt-field.tsx'
import { StoryView } from '../parts/story-view.tsx'
import { Term } from '../parts/term.tsx'
import { keptField } from '../state/kept-field.ts'
import { millions } from '../state/models.ts'
import { Chapter } from './chapter.tsx'
import { probeLabels, SharesChart } from './shares-chart.tsx'
import { StudyTable } from './study-table.tsx'

const OPTIONS = { temperature: 0.6, topP: 0.95, maxTokens: 70 }
const measured: Readonly<Record<string, Measured>> = probes

/** The same beginning, continued by models of three sizes. */
export function SizeChapter() {
  return (
    <Chapter
      id="size"
      title="Emergence with size"
      Live={Live}
      further={{ panel: 'compare', label: 'Compare any models on any prompt' }}
    >
      <p>
        The authors trained models of many sizes in the same way and had their stories graded. Grammar comes
        first and is soon nearly perfect; consistency with the beginning takes more parameters{' '}
        <Term name="parameters" />; creativity grows slowest.
      </p>
      <p>Here three models continue the same prompt. They were trained alike and differ only in width.</p>
    </Chapter>
  )
}

const PROMPT = 'Sara had a red ball and her brother Max had a blue kite. One windy day, Max'

function Live() {
  const stories = useMemo(() => shippedModels.map(({ id }) => ({ id, story: new Story() })), [])
  const prompt = useMemo(() => keptField('size-prompt', PROMPT), [])
  const write = (): void => {
    const seed = randomSeed()
    for (const { id, story } of stories) {
      void story.open(id)
      void story.write(prompt.value, { ...OPTIONS, seed })
    }
  }
  useEffect(() => {
    write()
    return () => {
      for (const { story } of stories) story.dispose()
    }
  }, [])
  return (
    <>
      <form
        class="prompt"
        onSubmit={event => {
          event.preventDefault()
          write()
        }}
      >
        <PromptField id="size-prompt" label="Prompt" rows={2} text={prompt} />
        <div class="actions">
          <button type="submit" class="primary">
            Continue with all three
          </button>
        </div>
      </form>
      <div class="columns">
        {shippedModels.map(({ id, name, parameters, hiddenSize }, i) => (
          <article key={id} class="sheet" aria-label={name}>
            <header>
              <h3>{name}</h3>
              <p class="quiet small">
                {millions(parameters)} parameters, width {hiddenSize}
              </p>
            </header>
            <Problem>{stories[i]!.story.problem.value ?? stories[i]!.story.modelProblem.value}</Problem>
            <StoryView story={stories[i]!.story} placeholder="Loading the model..." />
          </article>
        ))}
      </div>
      <h3>
        Probes that each model passes <Term name="probe" /> <Term name="interval" />
      </h3>
      <SharesChart
        label="Shares of probes that the models pass, by kind"
        series={shippedModels.map(
          ({ name, bitsPerByte }) => `${name}, ${bitsPerByte.toFixed(2)} bits per byte`,
        )}
        rows={Object.keys(measured[shippedModels[0]!.id]!.probes).map(kind => ({
          label: probeLabels[kind] ?? kind,
          chance: measured[shippedModels[0]!.id]!.probes[kind]!.chance,
          points: shippedModels.map(({ id }) => measured[id]!.probes[kind]!),
        }))}
      />
      <p class="quiet small">
        Grammar already improves with size here. On reasoning and context all three are at chance or cannot be
        distinguished from it: those need larger models, as the paper's table shows.
      </p>
      <h3>In the paper, graded by GPT-4 from 0 to 10</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that is too wide is moved with the keys */}
      <section class="scrolled" aria-label="Results in the paper" tabIndex={0}>
        <table class="figures">
          <thead>
            <tr>
              <th scope="col">width x layers</th>
              <th scope="col">bits per byte</th>
              <th scope="col">grammar</th>
              <th scope="col">consistency</th>
              <th scope="col">creativity</th>
            </tr>
          </thead>
          <tbody>
            {publishedRows.map(({ hidden, layers, bitsPerByte, grammar, consistency, creativity }) => (
              <tr key={`${hidden}x${layers}`}>
                <th scope="row">
                  {hidden} x {layers}
                </th>
                <td>{bitsPerByte.toFixed(2)}</td>
                <Grade value={grammar} />
                <Grade value={consistency} />
                <Grade value={creativity} />
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <StudyTable />
    </>
  )
}

function Grade({ value }: { value: number }) {
  return (
    <td class="graded" style={{ '--share': `${value * 10}%` }}>
      {value.toFixed(1)}
    </td>
  )
}
