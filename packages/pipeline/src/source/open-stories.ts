import {
  openStories,
  openTokenShards,
  type Story,
  type StoryStream,
  type TokenizedStory,
} from '@tinystories/dataset'
import type { TextOrTokens } from '../recipe/batches.ts'
import { readOptions, type SourceAccess, type StoryFormat } from './read-options.ts'

/** Stories of a source, as tokens where `shards` names a folder of token shards. */
export function openTextOrTokens(
  source: string,
  shards: string | null | undefined,
  format: StoryFormat,
  access: SourceAccess = {},
): StoryStream<TextOrTokens> {
  const stories: StoryStream<Story> | StoryStream<TokenizedStory> = shards
    ? openTokenShards(shards).stories()
    : openStories(source, readOptions(format, access))
  return stories as StoryStream<TextOrTokens>
}
