import type { StoryStatistics, TokenShardIndex } from '@tinystories/dataset'
import { inspectSource, type StoryFormat } from '@tinystories/pipeline'
import { access } from '../access.ts'
import { forDisplay, fromTyped } from '../paths.ts'
import { resolveSource } from '../resolve-source.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { print, printJson } from '../terminal/output.ts'
import { ProgressLine } from '../terminal/progress-line.ts'

export interface DataInspectFlags extends StoryFormat {
  tokenizer?: string[]
  samples: number
  seed: number
  nearDuplicates?: boolean
  json?: boolean
}

/**
 * Prints what is in a source of stories, or in token shards.
 *
 * @returns the exit code: 0, or 130 when interrupted.
 */
export function dataInspect(
  source: string,
  { tokenizer = [], json, ...flags }: DataInspectFlags,
): Promise<number> {
  return interruptible(async signal => {
    const progress = new ProgressLine()
    const found = await inspectSource(resolveSource(source), {
      ...flags,
      tokenizers: tokenizer.map(file => fromTyped(file)),
      access: access(),
      signal,
      onProgress: ({ items, bytesRead, bytesTotal }) =>
        progress.update(
          { done: bytesRead, total: bytesTotal },
          () => `${number(items)} stories, ${(bytesRead / 1e6).toFixed(0)} MB read`,
        ),
    }).finally(() => progress.end())
    if (found.type === 'stories') {
      const { statistics } = found
      if (json) printJson({ source, ...statistics })
      else print(describe(source, statistics))
    } else if (json)
      printJson({ source, folders: found.folders.map(({ folder, index }) => ({ folder, ...index })) })
    else for (const { folder, index } of found.folders) print(describeShards(folder, index))
    return 0
  })
}

function describeShards(folder: string, index: TokenShardIndex): string {
  const { stories, tokens, bytes, dtype, eos, longest, vocabSize } = index
  return [
    `Token shards in ${forDisplay(folder)}: all checksums are right`,
    table([
      ['stories', number(stories)],
      ['tokens', `${number(tokens)}, end tokens included; ${(tokens / stories).toFixed(1)} a story`],
      ['longest story', `${number(longest)} tokens`],
      ['bytes of text', `${number(bytes)}; ${(bytes / (tokens - stories)).toFixed(2)} a token`],
      [
        'stored as',
        `${dtype}, vocabulary ${vocabSize === null ? 'unknown' : number(vocabSize)}, end token ${eos}`,
      ],
      ['shards', number(index.shards.length)],
      ['made from', index.source.recipe.join(' | ')],
    ]),
  ].join('\n')
}

function describe(source: string, found: StoryStatistics): string {
  const { stories, bytes, words, length } = found
  const share = (count: number): string => `${number(count)} (${((count / stories) * 100).toFixed(2)} %)`
  const lines = [
    ['stories', number(stories)],
    ['bytes', `${number(bytes)}; ${(bytes / stories).toFixed(0)} a story`],
    ['words', number(words)],
    [
      'words a story',
      `least ${length.least}, median ${length.median}, mean ${length.mean.toFixed(1)}, 95 % below ${length.p95}, most ${length.most}`,
    ],
    ...found.tokens.map(({ name, tokens, perStory, bytesPerToken }) => [
      'tokens',
      `${number(tokens)} with ${name}; ${perStory.toFixed(1)} a story, ${bytesPerToken.toFixed(2)} bytes each`,
    ]),
    ['duplicates', share(found.duplicates)],
    ...(found.nearDuplicates === null ? [] : [['near duplicates', share(found.nearDuplicates)]]),
    ...Object.entries(found.fields).map(([name, count]) => [`with ${name}`, share(count)]),
  ]
  const quirks = Object.entries(found.quirks)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => [quirkNames[name as keyof StoryStatistics['quirks']], share(count)])
  return [
    `Stories of ${source}`,
    table(lines),
    '',
    'Words a story',
    histogram(found),
    '',
    quirks.length === 0 ? 'Quirks: none' : `Quirks, in stories\n${table(quirks)}`,
    ...found.samples.map((story, i) => `\nSample ${i + 1}\n${story.text.replaceAll(/^/gm, '  ')}`),
  ].join('\n')
}

const quirkNames: Record<keyof StoryStatistics['quirks'], string> = {
  brokenEncoding: 'broken encoding, such as â€œ',
  truncated: 'no end of a sentence at the end',
  foreignScript: 'characters outside Latin script',
  replacementCharacter: 'U+FFFD',
  controlCharacter: 'control characters',
  endOfTextInside: '<|endoftext|> inside',
  typographicQuotes: 'typographic quotes',
  blankLines: 'blank lines between paragraphs',
  doubleSpaces: 'double spaces',
}

function histogram({ histogram: counts, histogramStep: step }: StoryStatistics): string {
  const most = Math.max(1, ...counts)
  return table(
    counts.map((count, i) => [
      i === counts.length - 1 ? `${i * step} or more` : `${i * step} to ${(i + 1) * step - 1}`,
      `${number(count).padStart(number(most).length)} ${'#'.repeat(Math.ceil((count / most) * 40))}`.trimEnd(),
    ]),
  )
}

function table(rows: readonly string[][]): string {
  const width = Math.max(...rows.map(([name]) => name!.length))
  return rows.map(([name, value]) => `  ${name!.padEnd(width)}  ${value}`).join('\n')
}

const number = (value: number): string => value.toLocaleString('en')
