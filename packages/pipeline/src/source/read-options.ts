import type { OpenStoriesOptions } from '@tinystories/dataset'

/** How the stories of a source are read; null and undefined mean: detected from the file. */
export interface StoryFormat {
  /** What separates stories in a plain text. Default `<|endoftext|>`; the empty string means blank lines. */
  separator?: string | null | undefined
  /** Field or column that holds the story. Default: `text`, `story`, `content` or `completion`. */
  textField?: string | null | undefined
  /** Default: by the file's ending, else by its content. */
  format?: NonNullable<OpenStoriesOptions['format']> | null | undefined
}

/** How sources on the web and on the hub are reached. */
export type SourceAccess = Pick<OpenStoriesOptions, 'cacheDir' | 'token' | 'endpoint' | 'onDownload'>

/** Both as `openStories` takes them. */
export function readOptions(
  { separator, textField, format }: StoryFormat,
  access: SourceAccess = {},
): OpenStoriesOptions {
  const given = Object.entries({ separator, textField, format }).filter(([, value]) => value != null)
  return { ...access, ...Object.fromEntries(given) }
}
