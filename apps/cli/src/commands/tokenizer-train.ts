import { openSource, resolveSource } from '../open-source.ts'
import { forDisplay, fromTyped } from '../paths.ts'
import { makeParent } from '../run-folder.ts'
import { trainTokenizer } from '../train/open-data.ts'

export interface TokenizerTrainFlags {
  data: string
  out: string
  vocabSize?: number
}

/** Trains a vocabulary on stories and writes tokenizer.json. */
export async function tokenizerTrain({ data, out, vocabSize }: TokenizerTrainFlags): Promise<void> {
  const path = fromTyped(out)
  const tokenizer = await trainTokenizer(openSource(resolveSource(data)), vocabSize)
  await makeParent(path)
  await tokenizer.save(path)
  console.log(`Wrote ${forDisplay(path)}: ${tokenizer.vocabSize.toLocaleString('en')} pieces`)
}
