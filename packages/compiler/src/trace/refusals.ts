/** Why a kernel has no translation, and what can be done instead. */
export interface Refusal {
  reason: string
  remedy: string
}

const strings: Refusal = {
  reason: 'a graph holds no strings',
  remedy: 'Prepare the texts outside, and pass numbers in.',
}
const lengths = (remedy: string): Refusal => ({
  reason: 'the shape of its result depends on values, and a compiled function has fixed shapes',
  remedy,
})
const canvas: Refusal = {
  reason: 'it reads or writes a picture outside of tfjs',
  remedy: 'Do it outside, and pass the pixels as a tensor.',
}
const ragged: Refusal = lengths('Use a padded tensor and a mask.')
const uncalled: Refusal = {
  reason: 'no op of tfjs calls it',
  remedy: 'Use the ops of tfjs instead of engine().runKernel.',
}

const measure: Refusal = {
  reason: 'nothing runs while a function is traced',
  remedy: 'Time the runs of the compiled function, or compile it with { profile }.',
}

/** Kernels of tfjs-core that a compiled function cannot have. */
export const refusals: Readonly<Record<string, Refusal>> = {
  StaticRegexReplace: strings,
  StringNGrams: strings,
  StringSplit: strings,
  StringToHashBucketFast: strings,
  Unique: lengths('Call tf.unique outside, or count with tf.bincount or tf.oneHot.'),
  NonMaxSuppressionV3: lengths(
    'Use tf.image.nonMaxSuppressionPadded with padToMaxOutputSize, which gives a fixed number.',
  ),
  NonMaxSuppressionV5: lengths(
    'Use tf.image.nonMaxSuppressionPadded with padToMaxOutputSize, which gives a fixed number.',
  ),
  SparseFillEmptyRows: lengths('Call it outside, or use tf.sparseToDense.'),
  RaggedGather: ragged,
  RaggedRange: ragged,
  RaggedTensorToTensor: ragged,
  'tf.time': measure,
  'tf.profile': measure,
  Draw: canvas,
  FromPixels: canvas,
  LowerBound: uncalled,
  UpperBound: uncalled,
  MatrixBandPart: uncalled,
  Pool: uncalled,
}
