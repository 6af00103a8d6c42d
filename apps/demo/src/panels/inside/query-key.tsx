import { useSignal } from '@preact/signals'
import { useEffect, useId } from 'preact/hooks'
import { describeError } from '../../errors/describe-error.ts'
import { Problem } from '../../parts/notice.tsx'
import { Term } from '../../parts/term.tsx'
import type { HeadReport, InsideReport, QueryKeyReport } from '../../workers/inside.ts'
import type { Story } from '../write/story.ts'

/** Tokens that are shown: those that get the most. */
const SHOWN = 6

interface QueryKeyProps {
  story: Story
  report: InsideReport
  head: HeadReport
  /** The token whose query it is. */
  query: number
}

/** Why a head attends where it does: the query of a token times the keys of those before it, number by number. */
export function QueryKey({ story, report, head, query }: QueryKeyProps) {
  const vectors = useSignal<QueryKeyReport | undefined>(undefined)
  const problem = useSignal<string | undefined>(undefined)
  const isOpen = useSignal(false)
  useEffect(() => {
    if (!isOpen.value) return
    vectors.value = undefined
    problem.value = undefined
    const { ids } = report
    story.client.call('queryKey', { ids, layer: head.layer, head: head.head }).then(
      found => {
        vectors.value = found
      },
      error => {
        problem.value = describeError(error)
      },
    )
  }, [report.ids, head.layer, head.head, isOpen.value])
  return (
    <details
      class="query-key"
      onToggle={event => {
        isOpen.value = event.currentTarget.open
      }}
    >
      <summary>Queries and keys</summary>
      <p class="quiet small">
        <Term name="query and key" /> Each cell is one number of the query times the same number of the key; a
        row adds up to the score, of which the softmax makes the weights. Green adds, orange subtracts.
      </p>
      <Problem>{problem.value}</Problem>
      {vectors.value && <Products vectors={vectors.value} report={report} head={head} query={query} />}
    </details>
  )
}

type ProductsProps = Pick<QueryKeyProps, 'report' | 'head' | 'query'> & { vectors: QueryKeyReport }

function Products({ vectors: { headSize, queries, keys }, report, head, query }: ProductsProps) {
  const id = useId()
  const { pieces } = report
  const weight = (key: number): number => head.pattern[query * pieces.length + key]!
  const rows = Array.from({ length: query + 1 }, (_, key) => key)
    .toSorted((a, b) => weight(b) - weight(a))
    .slice(0, SHOWN)
    .map(key => {
      const products = Array.from(
        { length: headSize },
        (_, i) => queries[query * headSize + i]! * keys[key * headSize + i]!,
      )
      return { key, products, score: products.reduce((sum, each) => sum + each, 0) }
    })
  const largest = Math.max(...rows.flatMap(({ products }) => products.map(Math.abs)), 1e-9)
  const word = (at: number): string => pieces[at]!.trim() || '\u21b5'
  return (
    <>
      {/* No caption of the table: that is as wide as the table, which may be wider than a phone. */}
      <p id={id} class="small">
        The query of <strong dir="auto">{word(query)}</strong> with the keys of the tokens it attends to most
      </p>
      <div class="query-key-scroll">
        <table aria-labelledby={id}>
          <thead>
            <tr>
              <th scope="col">Key of</th>
              <th scope="col">Query times key, {headSize} numbers</th>
              <th scope="col">Score</th>
              <th scope="col">Weight</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, products, score }) => (
              <tr key={key}>
                <th scope="row" dir="auto">
                  {word(key)}
                </th>
                <td>
                  <span class="products" aria-hidden="true">
                    {products.map((product, i) => (
                      <span
                        key={i}
                        class={product < 0 ? 'minus' : ''}
                        style={{ '--share': (Math.abs(product) / largest).toFixed(3) }}
                      />
                    ))}
                  </span>
                </td>
                <td class="figure">{score.toFixed(2)}</td>
                <td class="figure">{Math.round((weight(key) / 255) * 100)} %</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}
