/** Core files whose tests must notice nearly every change. Each is mutated by itself, with the tests of its folder. */
export const files = [
  'packages/trainer/src/optimizers/schedules.ts',
  'packages/trainer/src/optimizers/scale-by-adam.ts',
  'packages/trainer/src/optimizers/scale-by-lion.ts',
  'packages/trainer/src/optimizers/scale-by-momentum.ts',
  'packages/trainer/src/optimizers/scale-by-muon.ts',
  'packages/trainer/src/optimizers/add-decayed-weights.ts',
  'packages/trainer/src/optimizers/clip-by-global-norm.ts',
  'packages/trainer/src/optimizers/partition.ts',
  'packages/trainer/src/run/loss-spikes.ts',
  'packages/utils/src/retry/retry.ts',
  'packages/utils/src/retry/retry-delay.ts',
  'packages/utils/src/retry/parse-retry-after.ts',
  'packages/utils/src/schema/parse-json.ts',
  'packages/grader/src/parse/parse-json-scores.ts',
  'packages/grader/src/parse/conflicts.ts',
  'packages/grader/src/parse/doubtful-sets.ts',
  'packages/grader/src/parse/evidence.ts',
  'packages/grader/src/parse/parse-scores.ts',
  'packages/grader/src/parse/read-list.ts',
  'packages/grader/src/parse/read-prose.ts',
  'packages/grader/src/parse/read-sections.ts',
  'packages/grader/src/text/parse-csv.ts',
  'packages/grader/src/statistics/agreement.ts',
  'packages/grader/src/statistics/bootstrap-interval.ts',
  'packages/grader/src/statistics/clustered-mean.ts',
  'packages/grader/src/statistics/holm.ts',
  'packages/grader/src/statistics/krippendorff-alpha.ts',
  'packages/grader/src/statistics/paired-comparison.ts',
  'packages/grader/src/statistics/sign-flip-p.ts',
  'packages/grader/src/statistics/spearman.ts',
  'packages/grader/src/statistics/student-t.ts',
  'packages/grader/src/statistics/weighted-kappa.ts',
  'packages/tokenizer/src/scanners/bert-scanner.ts',
  'packages/tokenizer/src/scanners/token-matcher.ts',
  'packages/dataset/src/transforms/pack-stories.ts',
  'packages/dataset/src/transforms/pack-stream.ts',
  'packages/dataset/src/transforms/open-story.ts',
  'packages/dataset/src/shards/shard-order.ts',
  'packages/trainer/src/run/limits.ts',
]

/** The tests of a file where those of its whole folder would take long. */
export const tests = {
  'packages/trainer/src/run/loss-spikes.ts': 'packages/trainer/src/run/loss-spikes.test.ts',
  'packages/trainer/src/run/limits.ts': 'packages/trainer/src/run/limits.test.ts',
  'packages/tokenizer/src/scanners/token-matcher.ts': 'packages/tokenizer/src/scanners/token-matcher.test.ts',
  'packages/dataset/src/transforms/pack-stories.ts': 'packages/dataset/src/transforms/pack-stages.test.ts',
  'packages/dataset/src/transforms/pack-stream.ts': 'packages/dataset/src/transforms/pack-stages.test.ts',
  'packages/dataset/src/transforms/open-story.ts': 'packages/dataset/src/transforms/pack-stages.test.ts',
  'packages/dataset/src/shards/shard-order.ts': 'packages/dataset/src/shards/shard-order.test.ts',
  'packages/utils/src/schema/parse-json.ts': 'packages/utils/src/schema/schema.test.ts',
  ...inParse(
    'conflicts',
    'doubtful-sets',
    'evidence',
    'parse-scores',
    'read-list',
    'read-prose',
    'read-sections',
  ),
  ...ofTheirOwn(
    'packages/grader/src/statistics/agreement.ts',
    'packages/grader/src/statistics/bootstrap-interval.ts',
    'packages/grader/src/statistics/sign-flip-p.ts',
    'packages/grader/src/statistics/student-t.ts',
    'packages/grader/src/statistics/weighted-kappa.ts',
    'packages/grader/src/text/parse-csv.ts',
  ),
}

/** The parts of one parser have the tests of the whole. */
function inParse(...names) {
  return Object.fromEntries(
    names.map(name => [
      `packages/grader/src/parse/${name}.ts`,
      'packages/grader/src/parse/{parse-scores,judge-replies}.test.ts',
    ]),
  )
}

/** Files with a test of the same name. */
function ofTheirOwn(...paths) {
  return Object.fromEntries(paths.map(path => [path, path.replace('.ts', '.test.ts')]))
}
