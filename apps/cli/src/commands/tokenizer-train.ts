import { dirname } from 'node:path'
import { openStories } from '@tinystories/dataset'
import { readOptions, type StoryFormat, trainVocabulary } from '@tinystories/pipeline'
import { createFolder } from '@tinystories/utils/disk'
import { access } from '../access.ts'
import { forDisplay, fromTyped } from '../paths.ts'
import { resolveSource } from '../resolve-source.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { print, printJson } from '../terminal/output.ts'
import { ProgressLine } from '../terminal/progress-line.ts'
import { showVocabulary } from '../terminal/vocabulary-progress.ts'

export interface TokenizerTrainFlags extends StoryFormat {
  data: string
  out: string
  vocabSize?: number
  style?: 'story' | 'bert' | 'gpt2'
  json?: boolean
}

/**
 * Trains a vocabulary on stories and writes tokenizer.json.
 *
 * @returns the exit code: 0, or 130 when interrupted.
 */
export function tokenizerTrain({
  data,
  out,
  vocabSize,
  style,
  json,
  ...format
}: TokenizerTrainFlags): Promise<number> {
  return interruptible(
    async signal => {
      const path = fromTyped(out)
      const stories = openStories(resolveSource(data), readOptions(format, access()))
      const progress = new ProgressLine()
      const tokenizer = await trainVocabulary(stories, {
        vocabSize,
        style,
        signal,
        onProgress: state => showVocabulary(progress, state),
      }).finally(() => progress.end())
      await createFolder(dirname(path))
      await tokenizer.save(path)
      const isAll = vocabSize !== undefined && tokenizer.vocabSize < vocabSize
      const all = isAll ? ', all that the text gives' : ''
      print(`Wrote ${forDisplay(path)}: ${tokenizer.vocabSize.toLocaleString('en')} pieces${all}`)
      if (json) printJson({ file: path, vocabSize: tokenizer.vocabSize })
      return 0
    },
    () => print('Interrupted. Nothing was written; the same command starts again.'),
  )
}
