import type { Instruction } from './completion.ts'

/** What a model is given to go on from. */
export interface Prompt {
  id: string
  text: string
  /** What an instruction exercise asks for. */
  instruction?: Instruction
  /** How it goes on in its source, where that is known. */
  reference?: string
}
