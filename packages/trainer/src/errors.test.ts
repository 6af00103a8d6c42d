import { expect, test } from 'vitest'
import { TrainerError, type TrainerErrorDetails } from './errors.ts'

const details: TrainerErrorDetails = {
  'invalid-option': { option: 'spikes.threshold', value: 0, expected: 'above 0' },
  'missing-option': { option: 'run.folder', neededBy: 'resume' },
  'no-checkpoint': { folder: 'runs/a/checkpoints' },
  'damaged-checkpoints': {
    folder: 'runs/a/checkpoints',
    damaged: [{ checkpoint: 'step-00000003', problem: 'parameters.safetensors does not match its checksum' }],
  },
  'damaged-checkpoint': { checkpoint: 'step-00000003', file: 'checkpoint.json', problem: 'no-parameters' },
  'other-model': { checkpoint: 'step-00000003', parameter: 'w', found: 6, expected: 16, shape: [4, 4] },
  'other-identity': { checkpoint: 'step-00000003', changed: ['tokenizer', 'data'] },
  'other-optimizer': { checkpoint: 'step-00000003', found: ['1.firstMoment'], expected: [] },
  'no-data': { batchesPerStep: 1 },
  'empty-evaluation': { tokens: 0, bytes: 0 },
  diverged: {
    step: 4,
    batch: 5,
    loss: Number.NaN,
    gradientNorm: 1,
    learningRate: 0.01,
    largestGradient: { parameter: 'w', norm: 2 },
    sign: 'loss NaN, gradient norm 1',
    rollbacks: 3,
  },
  'search-too-short': { steps: 4 },
  'search-without-gain': { from: 1, to: 10 },
  'wrong-rank': { transform: 'scaleByMuon', parameter: 'b', rank: 1, expected: 2 },
  'no-engine': { skipped: [{ name: 'wasm', error: new Error('no package') }] },
}

test('every code has a message that names place and remedy', () => {
  expect(TrainerError.codes.toSorted()).toEqual(Object.keys(details).sort())
  const messages = TrainerError.codes.map(code => new TrainerError(code, details[code]).message)
  expect(messages).toMatchInlineSnapshot(`
    [
      "spikes.threshold is 0, but must be above 0.",
      "resume needs run.folder, which is missing. Set run.folder.",
      "There is no checkpoint in runs/a/checkpoints: the run was interrupted before its first one. Start a new run.",
      "All 1 checkpoints in runs/a/checkpoints are damaged: parameters.safetensors does not match its checksum. Start a new run.",
      "checkpoint.json lists no file of parameters. Delete step-00000003; training resumes from an earlier one.",
      "step-00000003 belongs to another model: its parameter w has 6 values, the present model's has 16 ([4, 4]). Resume with the model of the run, or start a new run.",
      "step-00000003 was made with another tokenizer and another data. Resume with the same tokenizer and data, or start a new run. The option force overrides this; the run is then no longer what it would have been.",
      "step-00000003 was made with another optimizer: it keeps 1.firstMoment, this one nothing. Resume with the optimizer of the run. The option force resets its state.",
      "The data gave no batch: it is shorter than one batch. Give more data, or make the batches smaller.",
      "The evaluation set is empty: it has 0 tokens and 0 bytes. Give it at least one batch.",
      "Training diverged at step 4, batch 5: loss NaN, gradient norm 1, learning rate 0.0100; w has the largest gradient (norm 2.00). Leaving 3 batches out did not help. Resume from the last checkpoint with a lower learning rate.",
      "The loss diverged, or the data ended, after 4 steps of the learning rate search; it needs at least ten. Start from a lower rate, or give more data.",
      "The loss did not fall at any learning rate from 1 to 10. Try a range of lower rates.",
      "scaleByMuon takes parameters of rank 2, but b has rank 1. Use partition to give it only those that it takes.",
      "No engine works here: wasm: no package",
    ]
  `)
})
