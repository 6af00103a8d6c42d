import type { Story } from '../../stream/story.ts'

/** Rows of a row group: some 10 MB of stories. */
const groupRows = 10_000

const texts = ['summary', 'sentence', 'source', 'prompt'] as const
const lists = ['words', 'features'] as const

/**
 * A parquet file of stories, piece by piece as they come: the column `text`, and `words`, `features` (lists), `summary`,
 * `sentence`, `source` and `prompt`, null where a story has none. Row groups of 10,000 rows, compressed with snappy.
 * A row group is held in memory.
 */
export async function* parquetBytes(stories: AsyncIterable<Story>): AsyncGenerator<Uint8Array> {
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer')
  const writer = new ByteWriter()
  const parquet = new ParquetWriter({ writer, schema: schema() })
  /** What was written since the last time. */
  const written = (): Uint8Array => {
    const bytes = new Uint8Array(writer.buffer.slice(0, writer.index))
    writer.index = 0
    return bytes
  }
  let group: Story[] = []
  const writeGroup = async (): Promise<void> => {
    await parquet.write({
      columnData: [
        { name: 'text', data: group.map(({ text }) => text) },
        ...[...lists, ...texts].map(name => ({ name, data: group.map(story => story[name] ?? null) })),
      ],
      rowGroupSize: groupRows,
    })
    group = []
  }
  for await (const story of stories) {
    group.push(story)
    if (group.length < groupRows) continue
    await writeGroup()
    yield written()
  }
  if (group.length > 0) await writeGroup()
  parquet.finish()
  yield written()
}

type SchemaElement = ConstructorParameters<
  typeof import('hyparquet-writer').ParquetWriter
>[0]['schema'][number]

function schema(): SchemaElement[] {
  const text = (name: string, repetition: 'REQUIRED' | 'OPTIONAL'): SchemaElement => ({
    name,
    type: 'BYTE_ARRAY',
    converted_type: 'UTF8',
    logical_type: { type: 'STRING' },
    repetition_type: repetition,
  })
  return [
    { name: 'stories', num_children: 1 + lists.length + texts.length },
    text('text', 'REQUIRED'),
    ...lists.flatMap((name): SchemaElement[] => [
      {
        name,
        converted_type: 'LIST',
        logical_type: { type: 'LIST' },
        repetition_type: 'OPTIONAL',
        num_children: 1,
      },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      text('element', 'REQUIRED'),
    ]),
    ...texts.map(name => text(name, 'OPTIONAL')),
  ]
}
