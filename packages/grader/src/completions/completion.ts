/** What an instruction exercise asked for. */
export interface Instruction {
  words?: string[]
  sentence?: string
  features?: string[]
  summary?: string
}

/** One text that a model wrote, with what it was given. */
export interface Completion {
  /** Which prompt: completions of the same one are not independent, so statistics cluster by it. */
  promptId: string
  /** Which of the draws from the same prompt, from 0. */
  trial: number
  /** What the model was given; empty in an instruction exercise without one. */
  prompt: string
  /** What the model wrote, without the prompt. */
  text: string
  instruction?: Instruction
  /** How the prompt goes on in its source, where that is known: for memorization. */
  reference?: string
}
