export type { ByteReader, ByteSource } from './bytes/byte-source.ts'
export type { HttpOptions } from './bytes/http-bytes.ts'
export { type CleaningOptions, cleanStories } from './cleaning/clean-stories.ts'
export type { CleaningRules } from './cleaning/cleaner.ts'
export { type CleaningReport, createCleaningReport } from './cleaning/cleaning-report.ts'
export {
  type InspectOptions,
  inspectStories,
  type StoryStatistics,
  type TokenCount,
} from './cleaning/inspect-stories.ts'
export type { NearDuplicateOptions } from './cleaning/near-duplicates.ts'
export { type RepairedText, repairEncoding } from './cleaning/repair-encoding.ts'
export {
  DatasetError,
  type DatasetErrorDetails,
  type Located,
  type RecordFault,
} from './errors/dataset-error.ts'
export type { Place } from './errors/place.ts'
export type { FormatOptions } from './formats/detect-format.ts'
export type { RecordReaderOptions } from './formats/item-file.ts'
export { parquetBytes } from './formats/parquet/parquet-bytes.ts'
export type { CsvOptions } from './formats/records/csv.ts'
export type { StoryDecoder } from './formats/tokens/decoded-tokens.ts'
export type { TokenFileOptions } from './formats/tokens/token-file.ts'
export { checkTokenShards, type ShardDamage } from './shards/check-token-shards.ts'
export { fingerprintStories } from './shards/fingerprint-stories.ts'
export type { TokenShardEntry, TokenShardIndex } from './shards/shard-index.ts'
export type { TokenReader } from './shards/token-reader.ts'
export { TokenShardError, type TokenShardErrorDetails } from './shards/token-shard-error.ts'
export { type OpenTokenShardsOptions, openTokenShards, type TokenShards } from './shards/token-shards.ts'
export type { TokenizerModule } from './shards/tokenizer-module.ts'
export type {
  ShardTokenizer,
  TokenShardProgress,
  WriteTokenShardsOptions,
} from './shards/write-options.ts'
export { writeTokenShards } from './shards/write-token-shards.ts'
export type { OpenStoriesOptions, SourceDriver } from './sources/driver.ts'
export type { DownloadProgress, HubOptions } from './sources/hub-options.ts'
export { listFiles } from './sources/list-files.ts'
export { openStories } from './sources/open-stories.ts'
export { type OpenTokensOptions, openTokens } from './sources/open-tokens.ts'
export type { Cursor, IterateOptions, StreamProgress, StreamState } from './stream/cursor.ts'
export type { Json } from './stream/json.ts'
export type { BatchOptions, Item, RunContext, Stage, StageCursor } from './stream/stage.ts'
export type { Story } from './stream/story.ts'
export type { PackedRow, StoryTokenizer, TokenBatch, TokenizedStory } from './stream/tokens.ts'
export type { InterleaveOptions } from './transforms/interleave.ts'
export type { ShuffleOptions } from './transforms/shuffle.ts'
export { type SplitOptions, splitStories } from './transforms/split-stories.ts'
export { type PackOptions, StoryStream } from './transforms/story-stream.ts'
export type { PromptOption, TokenizeOptions } from './transforms/tokenize.ts'
