import { readLines } from '@tinystories/utils/disk'
import { PipelineError } from '../errors.ts'
import type { CheckContext } from './checker.ts'

/** Reports a half-written last line of a file of lines, which can be cut off. @throws FileError */
export async function checkLastLine(path: string, { report }: Pick<CheckContext, 'report'>): Promise<void> {
  for await (const { isWhole, number, start, end } of readLines(path, { maxLineBytes: 2 ** 24 }))
    if (!isWhole)
      report(path, new PipelineError('half-line', { path, line: number, bytes: end - start }), 'cut-line')
}
