import { interruptible } from '../interrupts.ts'
import { openSource, resolveSource } from '../open-source.ts'
import { forDisplay, fromTyped } from '../paths.ts'
import { ProgressLine } from '../progress-line.ts'
import { makeParent } from '../run-folder.ts'
import { trainTokenizer } from '../train/open-data.ts'
import { vocabularyProgress } from '../vocabulary-progress.ts'

export interface TokenizerTrainFlags {
  data: string
  out: string
  separator?: string
  vocabSize?: number
}

/**
 * Trains a vocabulary on stories and writes tokenizer.json.
 *
 * @returns the exit code: 0, or 130 when interrupted.
 */
export function tokenizerTrain(flags: TokenizerTrainFlags): Promise<number> {
  return interruptible(
    signal => trainAndWrite(flags, signal),
    () => console.log('Interrupted. Nothing is written; the same command begins anew.'),
  )
}

async function trainAndWrite(
  { data, out, separator, vocabSize }: TokenizerTrainFlags,
  signal: AbortSignal,
): Promise<number> {
  const path = fromTyped(out)
  const stories = openSource(resolveSource(data), separator === undefined ? {} : { separator })
  const progress = new ProgressLine()
  try {
    const tokenizer = await trainTokenizer(stories, vocabSize, { signal, ...vocabularyProgress(progress) })
    progress.end()
    await makeParent(path)
    await tokenizer.save(path)
    console.log(`Wrote ${forDisplay(path)}: ${tokenizer.vocabSize.toLocaleString('en')} pieces`)
    return 0
  } finally {
    progress.end()
  }
}
