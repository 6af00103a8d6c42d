import type { OpenStoriesOptions } from '@tinystories/dataset'

/** How the stories of a source are read; null and undefined mean: detected from the file. */
export interface StoryFormat {
  /** What separates stories in a plain text. Default `<|endoftext|>`; the empty string means blank lines. */
  separator?: string | null | undefined
  /** Field or column that holds the story. Default: the first of those that the dataset knows. */
  textField?: string | null | undefined
  /** Default: by the file's ending, else by its content. */
  format?: NonNullable<OpenStoriesOptions['format']> | null | undefined
  /** Encoding of the text. Default: UTF-8, or UTF-16 where a byte order mark says so. */
  encoding?: string | null | undefined
  /** CSV: the character between fields. Default: detected. */
  delimiter?: string | null | undefined
  /** CSV: the character around fields, empty for none. Default: `"`. */
  quote?: string | null | undefined
  /** CSV without a row of names: the names of its columns. */
  columns?: readonly string[] | null | undefined
}

/** The names of all that a {@link StoryFormat} can say. */
export const formatOptions: readonly (keyof StoryFormat)[] = [
  'separator',
  'textField',
  'format',
  'encoding',
  'delimiter',
  'quote',
  'columns',
]

/** What a {@link StoryFormat} says; null for what it leaves to the file. */
export function formatSettings(format: StoryFormat): StoryFormatSettings {
  return Object.fromEntries(
    formatOptions.map(name => [name, format[name] ?? null]),
  ) as unknown as StoryFormatSettings
}

/** A {@link StoryFormat} as it is saved. */
export type StoryFormatSettings = {
  [Name in keyof StoryFormat]-?: Exclude<StoryFormat[Name], undefined>
}

/** How sources on the web and on the hub are reached. */
export type SourceAccess = Pick<OpenStoriesOptions, 'cacheDir' | 'token' | 'endpoint' | 'onDownload'>

/** Both as `openStories` takes them. */
export function readOptions(
  { separator, textField, format, encoding, delimiter, quote, columns }: StoryFormat,
  access: SourceAccess = {},
): OpenStoriesOptions {
  const csv = given({ delimiter, quote, columns })
  return {
    ...access,
    ...given({ separator, textField, format, encoding }),
    ...(Object.keys(csv).length > 0 ? { csv } : {}),
  }
}

const given = (options: object): object =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value != null))
