export type { ByteReader, ByteSource } from './bytes/byte-source.ts'
export type { HttpOptions } from './bytes/http-bytes.ts'
export { type CleaningOptions, cleanStories } from './cleaning/clean-stories.ts'
export type { CleaningRules } from './cleaning/cleaner.ts'
export { type CleaningReport, cleaningReport } from './cleaning/cleaning-report.ts'
export {
  type InspectOptions,
  inspectStories,
  type StoryStatistics,
  type TokenCount,
} from './cleaning/inspect-stories.ts'
export { type MendedText, mendEncoding } from './cleaning/mend-encoding.ts'
export type { NearDuplicateOptions } from './cleaning/near-duplicates.ts'
export { StorySourceError, type StorySourceProblem, StreamStateError } from './errors.ts'
export type { FormatOptions, StoryDecoder } from './formats/detect.ts'
export type { Json } from './json.ts'
export { Diversity, type DiversityReport } from './making/diversity.ts'
export { storyFeatures } from './making/features.ts'
export { type InstructionOptions, instructionFor } from './making/instruction.ts'
export { StoryMakingError } from './making/make-errors.ts'
export {
  type MakeStoriesOptions,
  type MakingProgress,
  type MakingReport,
  makeStories,
} from './making/make-stories.ts'
export { type StoryPlan, storyPlans } from './making/story-plan.ts'
export { storyRequest } from './making/story-request.ts'
export type { StoryTeller } from './making/story-teller.ts'
export { type StoryVocabulary, storyVocabulary } from './making/vocabulary.ts'
export { openStories } from './open-stories.ts'
export { type OpenTokensOptions, openTokens } from './open-tokens.ts'
export type { PackedRow, StoryTokenizer, TokenBatch, TokenizedStory } from './pack-types.ts'
export { TokenShardError, type TokenShardProblem } from './shards/errors.ts'
export { fingerprintStories } from './shards/fingerprint-stories.ts'
export type { TokenShardEntry, TokenShardIndex } from './shards/shard-index.ts'
export type { TokenReader } from './shards/token-reader.ts'
export { type OpenTokenShardsOptions, openTokenShards, TokenShards } from './shards/token-shards.ts'
export type { TokenizerModule } from './shards/tokenizer-module.ts'
export {
  type ShardTokenizer,
  type TokenShardProgress,
  type WriteTokenShardsOptions,
  writeTokenShards,
} from './shards/write-token-shards.ts'
export type { OpenStoriesOptions, SourceDriver } from './sources/driver.ts'
export type { HubOptions } from './sources/hub.ts'
export type { RecordReaderOptions } from './sources/story-file.ts'
export type { TokenFileOptions } from './sources/token-file.ts'
export { type SplitOptions, splitStories } from './split-stories.ts'
export type { Story } from './story.ts'
export type { Cursor, IterateOptions, StreamProgress, StreamState } from './stream/cursor.ts'
export type { Item, RunContext, Stage, StageCursor } from './stream/stage.ts'
export { type PackOptions, StoryStream } from './stream/story-stream.ts'
export type { BatchOptions } from './verbs/batch.ts'
export type { InterleaveOptions } from './verbs/interleave.ts'
export type { ShuffleOptions } from './verbs/shuffle.ts'
export type { TokenizeOptions } from './verbs/tokenize.ts'
