import type { CleaningRules } from '@tinystories/dataset'
import type { StoryFormat } from '@tinystories/pipeline'

/** The flags of `data prepare`. */
export interface DataPrepareFlags extends StoryFormat {
  out: string
  tokenizer?: string
  vocabSize?: number
  heldOut?: number
  instruct?: string | true
  ood?: boolean
  seed?: number
  clean?: CleaningRules | true
  minWords?: number
  workers?: number
  shardTokens?: number
  overwrite?: boolean
  json?: boolean
}
