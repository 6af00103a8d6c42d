import { formatCost, formatShare } from './format-number.ts'
import type { ModelSummary } from './report.ts'

/** In a sentence or two: how many, by whom, how well they were read, what it cost. */
export function judgedText(model: ModelSummary): string {
  const { gradings, graded, partial, ungraded, askedAgain } = model
  const number = (value: number): string => value.toLocaleString('en')
  const parts = [
    `${number(model.completions)} completions of ${number(model.prompts)} prompts, ${number(gradings)} gradings by ${model.judge} under ${model.rubricVersion}.`,
    `${number(graded)} fully graded (${formatShare(graded / gradings)}), ${number(partial)} in part, ${number(ungraded)} ungraded; asked again ${number(askedAgain)} times.`,
    `${number(model.inputTokens)} tokens read and ${number(model.outputTokens)} written by the judge, cost ${formatCost(model.cost, model.costKnown)}.`,
  ]
  for (const [failure, count] of Object.entries(model.failures)) parts.push(`${number(count)} x ${failure}`)
  return parts.join(' ')
}
