/** What an instruction exercise asked for. */
export interface Instruction {
  words?: string[]
  sentence?: string
  features?: string[]
  summary?: string
}

/** One text that a model wrote, with what it was given. */
export interface Completion {
  /** Which beginning: completions of the same one are not independent, so statistics cluster by it. */
  beginningId: string
  /** Which of the draws from the same beginning, from 0. */
  trial: number
  /** What the model was given; empty in an instruction exercise without one. */
  beginning: string
  /** What the model wrote, without the beginning. */
  text: string
  instruction?: Instruction
  /** How the beginning goes on in its source, where that is known: for memorisation. */
  reference?: string
}
