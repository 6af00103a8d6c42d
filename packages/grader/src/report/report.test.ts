import { Random } from '@tinystories/utils/random'
import { describe, expect, test } from 'vitest'
import type { Grading, GradingRun } from '../judging/grading.ts'
import { measureCompletions } from '../measures/measure-completions.ts'
import { rubricVersion } from '../rubric/rubric-version.ts'
import { storyRubric } from '../rubric/story-rubric.ts'
import { buildReport } from './build-report.ts'
import { formatP, formatShare } from './format-number.ts'
import { parseGradings, renderGradings } from './gradings-file.ts'
import { parseReport } from './parse-report.ts'
import { renderCsv } from './render-csv.ts'
import { renderHtml } from './render-html.ts'
import { renderJson } from './render-json.ts'
import { renderMarkdown } from './render-markdown.ts'

const evil = '<script>alert(1)</script><img src=x onerror=alert(2)>" \' & =HYPERLINK("x")\u0000'

function runOf(name: string, shift: number, more: Partial<GradingRun> = {}): GradingRun {
  const gradings = Array.from(
    { length: 20 },
    (_, i): Grading => ({
      completion: {
        promptId: `b${i >> 1}`,
        trial: i & 1,
        prompt: evil,
        text: `=1+1 ${evil} ${'word '.repeat(i)}`,
      },
      regrade: 0,
      status: 'graded',
      judgment: {
        scores: {
          grammar: Math.min(10, 5 + (i % 3) + shift),
          creativity: 4,
          consistency: 6,
          plot: 5.5,
          age: 'C',
        },
        problems: {},
        assessment: `+cmd ${evil}`,
        replies: [''],
        flags: i === 0 ? [{ kind: 'addresses-judge', detail: evil }] : [],
        model: 'judge',
        usage: { inputTokens: 10, outputTokens: 2 },
        cost: 0.001,
      },
    }),
  )
  gradings.push({
    completion: { promptId: 'b0', trial: 9, prompt: 'x', text: 'y' },
    regrade: 0,
    status: 'ungraded',
    failure: evil,
  })
  return {
    name,
    judge: 'judge',
    rubric: storyRubric,
    rubricVersion: rubricVersion(storyRubric),
    gradings,
    ...more,
  }
}
const report = buildReport([runOf(evil, 0), runOf('@b', 1)])

describe('figures', () => {
  test('means, comparison, normalized scores, costs', () => {
    const [a, b] = report.models
    expect(a).toMatchObject({
      gradings: 21,
      graded: 20,
      ungraded: 1,
      prompts: 10,
      completions: 21,
      cost: expect.closeTo(0.02, 9),
      inputTokens: 200,
    })
    expect(a!.criteria[0]!.estimate.mean).toBeCloseTo(5.95, 12)
    expect([a!.criteria[0]!.normalized, b!.criteria[0]!.normalized]).toEqual([0, 1])
    expect(a!.criteria[0]!.histogram).toEqual([0, 0, 0, 0, 0, 7, 7, 6, 0, 0, 0])
    expect(a!.choices[0]!.options.map(({ count }) => count)).toEqual([0, 0, 20, 0, 0, 0])
    const [comparison] = report.comparisons
    expect(comparison!.criteria[0]).toMatchObject({ pairs: 10, difference: expect.closeTo(-1, 9) })
    // Four criteria: the smallest p is multiplied by four.
    expect(comparison!.criteria[0]!.correctedP).toBeCloseTo(4 * comparison!.criteria[0]!.permutationP, 12)
    expect(buildReport([runOf(evil, 0), runOf('@b', 1)])).toEqual(report)
  })

  test('what cannot be compared is said', () => {
    expect(report.warnings).toEqual([])
    const other = runOf('b', 0, { judge: 'another', rubricVersion: 'story@0' })
    other.gradings = other.gradings.slice(4)
    expect(buildReport([runOf('a', 0), other]).warnings).toHaveLength(3)
  })

  test('nothing graded, one prompt, no run at all: no exception, dashes', () => {
    for (const runs of [
      [],
      [runOf('a', 0, { gradings: [] })],
      [runOf('a', 0, { gradings: runOf('a', 0).gradings.slice(0, 1) })],
    ]) {
      const empty = buildReport(runs)
      for (const text of [renderHtml(empty).split('<script>')[0]!, renderMarkdown(empty), renderCsv(empty)])
        expect(text).not.toMatch(/NaN|undefined|Infinity/)
    }
    expect([formatShare(0.9999), formatShare(1), formatShare(Number.NaN), formatP(1e-9)]).toEqual([
      '99.9 %',
      '100 %',
      '–',
      '< 0.001',
    ])
  })
})

test('measures without a judge have their section, also when nothing was graded', async () => {
  const { completion } = runOf('a', 0).gradings[3]!
  const measures = { a: await measureCompletions([completion, completion], { corpus: ['word word word'] }) }
  const html = renderHtml(buildReport([runOf('a', 0, { gradings: [] })], { measures }))
  expect(html).toContain('Without a judge')
  expect(html.match(/How frequent the written \d-grams/g)!.length).toBeGreaterThanOrEqual(5)
  expect(html).not.toContain('id="completions"')
  expect(renderMarkdown(buildReport([runOf('a', 0)], { measures }))).toMatch(
    /4-grams that never occur in training \| \d/,
  )
})

test('runs of the same name keep their own measures', async () => {
  const { completion } = runOf('a', 0).gradings[3]!
  const [once, thrice] = await Promise.all(
    [1, 3].map(times => measureCompletions(Array<typeof completion>(times).fill(completion))),
  )
  const { models } = buildReport([runOf('a', 0), runOf('a', 1), runOf('b', 1)], {
    measures: [once, thrice, undefined],
  })
  expect(models.map(({ name, measures }) => [name, measures?.completions])).toEqual([
    ['a', 1],
    ['a (2)', 3],
    ['b', undefined],
  ])
})

describe('forms', () => {
  test('HTML: needs no network, escapes all text, is complete', () => {
    const html = renderHtml(report)
    expect(html).not.toMatch(/<script>alert|<img/)
    expect(html.match(/<script/g)).toHaveLength(1)
    expect(html).not.toMatch(/https?:|url\(|@import|<link|src=(?!x onerror)/)
    expect(html).toContain("default-src 'none'")
    expect(html.match(/<details class="item"/g)).toHaveLength(42)
    for (const part of [
      '<html lang="en">',
      'prefers-color-scheme:dark',
      'role="img"',
      '<caption>',
      'scope="row"',
      'aria-live="polite"',
    ])
      expect(html).toContain(part)
    expect(html).not.toContain('\u0000')
    // Tags are balanced.
    for (const tag of ['table', 'svg', 'details', 'div', 'section', 'form', 'select'])
      expect(html.match(new RegExp(`<${tag}[ >]`, 'g'))?.length ?? 0, tag).toBe(
        html.match(new RegExp(`</${tag}>`, 'g'))?.length ?? 0,
      )
  })

  test('CSV: one row a grading, no cell that a spreadsheet would run', () => {
    const csv = renderCsv(report)
    const rows = csv.trimEnd().split('\r\n')
    expect(rows[0]).toMatch(/^model,judge,rubric,prompt_id,trial,regrade,status,grammar,/)
    expect(rows).toHaveLength(43)
    expect(csv).toContain(`"'=1+1 <script>`)
    expect(csv).toContain(`'@b,judge`)
    expect(csv).toContain(`"'+cmd `)
    expect(csv).not.toMatch(/(^|,|\n)"?[=+@]/)
  })

  test('Markdown: tables stay tables', () => {
    const markdown = renderMarkdown(buildReport([runOf('a|b\n# c', 0), runOf('b', 1)]))
    expect(markdown).toContain('| a\\|b \\# c | 5.95 [')
    for (const line of markdown.split('\n').filter(each => each.startsWith('|')))
      expect(line.endsWith('|')).toBe(true)
  })

  test('JSON is read again; gradings too; other versions are refused', () => {
    const read = parseReport(renderJson(report), 'r.json')
    expect(JSON.parse(renderJson(read))).toEqual(JSON.parse(renderJson(report)))
    expect(renderHtml(read)).toBe(renderHtml(report))
    expect(() => parseReport('{}', 'r.json')).toThrow('r.json is not a report')
    const run = runOf('a', 0)
    expect(parseGradings(renderGradings(run), 'g.json')).toEqual(JSON.parse(JSON.stringify(run)))
    expect(() =>
      parseGradings(renderGradings(run).replace('"version": 2', '"version": 3'), 'g.json'),
    ).toThrow('g.json has version 3')
    expect(() => parseGradings('{', 'g.json')).toThrow('g.json is not valid JSON')
  })
})

test('a file of gradings of version 1, with its other words, is read', () => {
  const run = runOf('a', 0)
  const old = renderGradings(run)
    .replace('"version": 2', '"version": 1')
    .replaceAll('"judgment":', '"judgement":')
    .replaceAll('"scores":', '"marks":')
    .replaceAll('"promptId":', '"beginningId":')
    .replaceAll('"prompt":', '"beginning":')
    .replaceAll('"kind": "score"', '"kind": "mark"')
  expect(old).not.toBe(renderGradings(run))
  expect(parseGradings(old, 'g.json')).toEqual(JSON.parse(JSON.stringify(run)))
})

test('25 models: strong differences stay significant after the correction for 1,200 tests, chance does not', () => {
  const random = new Random(1)
  const runs = Array.from({ length: 25 }, (_, model) => {
    const gradings = Array.from({ length: 50 }, (_, prompt): Grading => {
      const near = (mean: number): number => Math.max(0, Math.min(10, mean + random.integer(3) - 1))
      const scores = {
        grammar: near(model < 12 ? 4 : 7),
        creativity: near(5),
        consistency: near(5),
        plot: near(5),
      }
      const [first] = runOf('a', 0).gradings
      return {
        completion: { promptId: `p${prompt}`, trial: 0, prompt: 'x', text: 'y' },
        regrade: 0,
        status: 'partial',
        judgment: { ...first!.judgment!, scores },
      }
    })
    return { ...runOf(`m${model}`, 0), gradings }
  })
  const tests = buildReport(runs).comparisons.flatMap(({ a, b, criteria }) =>
    criteria.map(each => ({
      ...each,
      isStrong: each.criterion === 'grammar' && Number(a.slice(1)) < 12 !== Number(b.slice(1)) < 12,
    })),
  )
  expect(tests).toHaveLength(1200)
  const [strong, chance] = [tests.filter(each => each.isStrong), tests.filter(each => !each.isStrong)]
  expect(strong).toHaveLength(12 * 13)
  expect(Math.max(...strong.map(({ correctedP }) => correctedP))).toBeLessThan(1e-6)
  expect(Math.min(...chance.map(({ correctedP }) => correctedP))).toBeGreaterThan(0.05)
  // On eight prompts the permutation test ends at 2^-7, so the t-test is what is corrected.
  const few = runs.slice(10, 14).map(run => ({ ...run, gradings: run.gradings.slice(0, 8) }))
  const [grammar] = buildReport(few).comparisons[1]!.criteria
  expect(grammar!.p).toBe(grammar!.tTestP)
  expect(grammar!.correctedP).toBeLessThan(0.05)
})
