import type { EvaluationResult } from '../engines/evaluate-on.ts'

/** A line of metrics.jsonl: one training step, one evaluation, or a story written on the way. */
export type MetricsLine = StepLine | EvaluationLine | SampleLine

/** What one training step came to. */
export interface StepLine {
  type: 'step'
  step: number
  /** Tokens seen so far. */
  tokens: number
  /** Seconds of training so far. */
  seconds: number
  loss: number
  bitsPerByte: number
  learningRate: number
  gradientNorm: number
  tokensPerSecond: number
}

/** The score of an evaluation on the way. */
export interface EvaluationLine extends EvaluationResult {
  type: 'evaluation'
  step: number
  seconds: number
}

/** A text that the model wrote on the way. */
export interface SampleLine {
  type: 'sample'
  step: number
  seconds: number
  text: string
}
