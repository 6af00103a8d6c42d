import type { ReportRow } from './collect-rows.ts'
import { type ContrastTerm, contrastShares } from './contrast.ts'
import type { FindingTest } from './finding.ts'

/** Shallow models reach grammar before consistency. */
export function orderTest(rows: readonly ReportRow[]): FindingTest {
  const width = largest(rows.filter(({ cell }) => cell.layers === 1).map(({ cell }) => cell.hidden))
  const term = (weight: number, kind: ContrastTerm['kind']): ContrastTerm => ({
    ...{ weight, kind, hidden: width ?? 0, layers: 1, aboveChance: true },
  })
  return {
    statement: 'Shallow models reach grammar before consistency.',
    test: 'Of the way from chance to all, grammar probes less context probes, in the widest model of one layer.',
    contrast:
      width === undefined ? undefined : contrastShares(rows, [term(1, 'grammar'), term(-1, 'context')]),
    wanted: 'A model of one layer, trained until it passes more grammar probes than chance.',
  }
}

/** Depth brings consistency. */
export function depthTest(rows: readonly ReportRow[]): FindingTest {
  const width = largest(
    [...new Set(rows.map(({ cell }) => cell.hidden))].filter(
      hidden => depthsOf(rows, hidden).length > 1 && depthsOf(rows, hidden)[0] === 1,
    ),
  )
  const depths = width === undefined ? [] : depthsOf(rows, width)
  return {
    statement:
      'Depth brings consistency: a deep model tracks context better than one layer of the same width.',
    test: 'Share of context probes passed, deepest model less one layer, at the largest width that has both.',
    contrast:
      width === undefined
        ? undefined
        : contrastShares(rows, [
            { weight: 1, kind: 'context', hidden: width, layers: depths.at(-1)! },
            { weight: -1, kind: 'context', hidden: width, layers: 1 },
          ]),
    wanted: 'Models of one and of more layers at the same width, trained on more tokens or with more seeds.',
  }
}

/** Width brings facts. */
export function widthTest(rows: readonly ReportRow[]): FindingTest {
  const wide = widthsAtCommonDepth(rows)
  return {
    statement: 'Width brings facts: a wide model knows more than a narrow one of the same depth.',
    test: 'Share of facts passed, widest model less narrowest, at the largest depth that has both.',
    contrast:
      wide &&
      contrastShares(rows, [
        { weight: 1, kind: 'facts', hidden: wide.widths.at(-1)!, layers: wide.layers },
        { weight: -1, kind: 'facts', hidden: wide.widths[0]!, layers: wide.layers },
      ]),
    wanted: 'Models of two widths at the same depth, trained on more tokens or with more seeds.',
  }
}

/** Consistency emerges between hidden 64 and 128. */
export function emergenceTest(rows: readonly ReportRow[]): FindingTest {
  const layers = largest(
    depthsOf(rows, 64).filter(depth => rows.some(({ cell }) => cell.hidden === 128 && cell.layers === depth)),
  )
  return {
    statement: 'Consistency emerges between hidden sizes of 64 and 128.',
    test: 'Share of context probes passed, hidden 128 less hidden 64, at the largest depth that has both.',
    contrast:
      layers === undefined
        ? undefined
        : contrastShares(rows, [
            { weight: 1, kind: 'context', hidden: 128, layers },
            { weight: -1, kind: 'context', hidden: 64, layers },
          ]),
    wanted: 'Models of hidden size 64 and 128 at the same depth, trained on more tokens or with more seeds.',
  }
}

/** Grammar plateaus first: while context still gains from size, it gains less. */
export function plateauTest(rows: readonly ReportRow[]): FindingTest {
  const wide = widthsAtCommonDepth(rows)
  const isUsable = wide !== undefined && wide.widths.length >= 3
  const [middle = 0, broad = 0] = isUsable ? [wide.widths[wide.widths.length >> 1]!, wide.widths.at(-1)!] : []
  const layers = wide?.layers ?? 0
  return {
    statement: 'Grammar plateaus first: the last widening brings consistency more than grammar.',
    test: 'Gain from the middle to the largest of at least three widths: share of context probes less that of grammar probes.',
    contrast: isUsable
      ? contrastShares(rows, [
          { weight: 1, kind: 'context', hidden: broad, layers },
          { weight: -1, kind: 'context', hidden: middle, layers },
          { weight: -1, kind: 'grammar', hidden: broad, layers },
          { weight: 1, kind: 'grammar', hidden: middle, layers },
        ])
      : undefined,
    wanted: 'Models of three widths at the same depth, trained until the loss hardly falls.',
  }
}

const depthsOf = (rows: readonly ReportRow[], hidden: number): number[] =>
  [...new Set(rows.filter(({ cell }) => cell.hidden === hidden).map(({ cell }) => cell.layers))].sort(
    (a, b) => a - b,
  )

/** The largest depth that has the most widths, at least two. */
export function widthsAtCommonDepth(
  rows: readonly ReportRow[],
): { layers: number; widths: number[] } | undefined {
  const widthsOf = (layers: number): number[] =>
    [...new Set(rows.filter(({ cell }) => cell.layers === layers).map(({ cell }) => cell.hidden))].sort(
      (a, b) => a - b,
    )
  const depths = [...new Set(rows.map(({ cell }) => cell.layers))]
  const most = largest(depths.map(layers => widthsOf(layers).length))
  if (most === undefined || most < 2) return undefined
  const layers = largest(depths.filter(each => widthsOf(each).length === most))!
  return { layers, widths: widthsOf(layers) }
}

const largest = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : Math.max(...values)
