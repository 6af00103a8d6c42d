import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Features, featuresOf } from '../src/offline/features.ts'
import type { OfflineCoefficients } from '../src/offline/offline-coefficients.ts'
import { fitOrdinal, levelProbabilities, type OrdinalModel } from '../src/offline/ordinal-regression.ts'
import { bootstrapStatistic, type Measured } from '../src/statistics/bootstrap-statistic.ts'
import { spearman } from '../src/statistics/spearman.ts'
import { weightedKappa } from '../src/statistics/weighted-kappa.ts'
import { parseCsv } from '../src/text/parse-csv.ts'

// Fits the offline estimate on the human scores of TinyScaleLab and writes its coefficients with their validity:
//   node --conditions=@tinystories/source packages/grader/scripts/train-offline.ts ../shared/data/gradings/tinyscalelab

/** Criterion of the rubric -> category of TinyScaleLab whose shares of criteria met stand for it. */
const categories = {
  grammar: 'Grammar',
  creativity: 'Creativity',
  consistency: 'Context-Tracking',
  plot: 'Plot',
}
const chosen: Record<string, (keyof Features)[]> = {
  grammar: [
    'length',
    'distinct2',
    'distinct4',
    'repeatedSentences',
    'openQuote',
    'openEnd',
    'newNames',
    'sentenceLength',
  ],
  creativity: [
    'length',
    'distinct1',
    'distinct2',
    'distinct4',
    'fromPrompt',
    'newNames',
    'speech',
    'sentenceVariety',
  ],
  consistency: [
    'length',
    'distinct2',
    'distinct4',
    'repeatedSentences',
    'promptKept',
    'fromPrompt',
    'newNames',
    'openQuote',
  ],
  plot: [
    'length',
    'distinct2',
    'distinct4',
    'repeatedSentences',
    'promptKept',
    'newNames',
    'openEnd',
    'sentenceVariety',
  ],
}
const penalty = 4
const levelCount = 5

interface Item {
  prompt: string
  model: string
  features: Features
  /** Share of the criteria met, from 0 to 1. */
  score: number
}

function itemsOf(rows: readonly Record<string, string>[], category: string): Item[] {
  return rows
    .filter(row => row.category === category)
    .map(row => {
      const scores = Object.entries(row)
        .filter(([name, value]) => name.startsWith(`${category}_`) && value !== '')
        .map(([, value]) => Number(value))
      return {
        prompt: row.prompt!,
        model: row.model_name!,
        features: featuresOf(row.prompt!, row.completion!),
        score: scores.reduce((sum, each) => sum + each, 0) / scores.length,
      }
    })
}

interface Fitted extends OrdinalModel {
  means: number[]
  deviations: number[]
  levels: number[]
}

const levelOf = (score: number): number => Math.round(score * (levelCount - 1))

function fit(items: readonly Item[], names: readonly (keyof Features)[]): Fitted {
  const raw = items.map(({ features }) => names.map(name => features[name]))
  const means = names.map((_, i) => raw.reduce((sum, row) => sum + row[i]!, 0) / raw.length)
  const deviations = names.map(
    (_, i) => Math.sqrt(raw.reduce((sum, row) => sum + (row[i]! - means[i]!) ** 2, 0) / raw.length) || 1,
  )
  const used = [...new Set(items.map(({ score }) => levelOf(score)))].sort((a, b) => a - b)
  const standardized = raw.map(row => row.map((value, i) => (value - means[i]!) / deviations[i]!))
  const model = fitOrdinal(
    standardized,
    items.map(({ score }) => used.indexOf(levelOf(score))),
    { count: used.length, penalty },
  )
  return { ...model, means, deviations, levels: used.map(level => level / (levelCount - 1)) }
}

function predict(
  { means, deviations, levels, ...model }: Fitted,
  item: Item,
  names: readonly (keyof Features)[],
): number {
  const x = names.map((name, i) => (item.features[name] - means[i]!) / deviations[i]!)
  return levelProbabilities(model, x).reduce((sum, p, k) => sum + p * levels[k]!, 0)
}

/** Estimates of items by models that were fitted without their group. */
function crossValidated(
  items: readonly Item[],
  names: readonly (keyof Features)[],
  groupOf: (item: Item) => string,
): number[] {
  const estimates = items.map(() => Number.NaN)
  for (const group of new Set(items.map(groupOf))) {
    const model = fit(
      items.filter(item => groupOf(item) !== group),
      names,
    )
    for (const [i, item] of items.entries())
      if (groupOf(item) === group) estimates[i] = predict(model, item, names)
  }
  return estimates
}

const round = (value: number, digits = 2): number => Number(value.toFixed(digits))
const rounded = (values: readonly number[]): number[] => values.map(value => round(value, 5))

/** Rank correlation within the groups that were left out, averaged: their levels are not compared, their order is. */
function withinGroups(
  estimates: readonly number[],
  items: readonly Item[],
  groupOf: (item: Item) => string,
): number {
  const groups = [...new Set(items.map(groupOf))]
  const each = groups.map(group => {
    const inside = items.flatMap((item, i) => (groupOf(item) === group ? [i] : []))
    return spearman(
      inside.map(i => estimates[i]!),
      inside.map(i => items[i]!.score),
    )
  })
  return each.reduce((sum, value) => sum + value, 0) / each.length
}

/**
 * Fits one model for each criterion and measures it.
 *
 * @param text the file of human scores of TinyScaleLab
 */
export function trainOffline(text: string): Record<string, OfflineCoefficients> {
  const rows = parseCsv(text.replaceAll('\r\n', '\n')).map(({ fields }) => fields)
  const result: Record<string, OfflineCoefficients> = {}
  for (const [criterion, category] of Object.entries(categories)) {
    const items = itemsOf(rows, category)
    const names = chosen[criterion]!
    const human = items.map(({ score }) => score)
    const promptOf = ({ prompt }: Item): string => prompt
    const modelOf = ({ model }: Item): string => model
    const byPrompt = crossValidated(items, names, promptOf)
    const byModel = crossValidated(items, names, modelOf)
    const lengthByPrompt = crossValidated(items, ['length'], promptOf)
    const lengthByModel = crossValidated(items, ['length'], modelOf)
    const levels = (estimates: readonly number[]): number[] => estimates.map(levelOf)
    const clusters = [...new Set(items.map(promptOf))].map(prompt =>
      items.flatMap((item, i) => (item.prompt === prompt ? [i] : [])),
    )
    const measured = (statistic: (drawn: readonly number[]) => number): Measured => {
      const { value, interval } = bootstrapStatistic(clusters, statistic)
      return { value: round(value), interval: [round(interval[0]), round(interval[1])] }
    }
    const model = fit(items, names)
    result[criterion] = {
      features: names,
      means: rounded(model.means),
      deviations: rounded(model.deviations),
      weights: rounded(model.weights),
      thresholds: rounded(model.thresholds),
      levels: model.levels,
      validity: {
        items: items.length,
        spearman: measured(drawn =>
          spearman(
            drawn.map(i => byPrompt[i]!),
            drawn.map(i => human[i]!),
          ),
        ),
        kappa: measured(drawn =>
          weightedKappa(levels(drawn.map(i => byPrompt[i]!)), levels(drawn.map(i => human[i]!)), {
            weights: 'quadratic',
          }),
        ),
        acrossModels: measured(drawn =>
          withinGroups(
            drawn.map(i => byModel[i]!),
            drawn.map(i => items[i]!),
            modelOf,
          ),
        ),
        lengthAlone: round(spearman(lengthByPrompt, human)),
        lengthAloneAcrossModels: round(withinGroups(lengthByModel, items, modelOf)),
      },
    }
  }
  return result
}

const [, script, folder] = process.argv
if (script === fileURLToPath(import.meta.url) && folder !== undefined) {
  const coefficients = trainOffline(readFileSync(`${folder}/2025-04-30-manual-scores.csv`, 'utf8'))
  const file = new URL('../src/offline/coefficients.ts', import.meta.url)
  const head = `import type { OfflineCoefficients } from './offline-coefficients.ts'

/** Written by scripts/train-offline.ts from 450 human scores (TinyScaleLab, April 2025): run it again, do not edit. */
export const coefficients: Record<string, OfflineCoefficients> = `
  writeFileSync(file, `${head}${JSON.stringify(coefficients, null, 2)}\n`)
}
