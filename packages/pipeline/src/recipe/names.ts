/** How weights are updated. */
export const optimizerNames = ['muon', 'adamw', 'adam', 'lion', 'sgd'] as const
/** One of {@link optimizerNames}. */
export type OptimizerName = (typeof optimizerNames)[number]

/** How the learning rate changes during a run. */
export const scheduleNames = ['cosine', 'linear', 'wsd', 'inverse-sqrt', 'constant'] as const
/** One of {@link scheduleNames}. */
export type ScheduleName = (typeof scheduleNames)[number]

/** What happens at a loss spike, or when the loss is not a number. */
export const spikeActions = ['warn', 'rollback'] as const
/** One of {@link spikeActions}. */
export type SpikeAction = (typeof spikeActions)[number]

/** What ONNX Runtime, which the compiled engine uses, computes on. */
export const providerNames = ['cpu', 'cuda', 'webgpu'] as const
/** One of {@link providerNames}. */
export type ProviderName = (typeof providerNames)[number]

/** What can generate: `wasm`, the model package's own kernels, or a backend of tfjs. */
export const generationEngines = ['wasm', 'node-gpu', 'node', 'webgpu', 'cpu'] as const
/** One of {@link generationEngines}. */
export type GenerationEngineName = (typeof generationEngines)[number]

/** What a run is for: see `RunOptions.goal`. */
export const goalNames = ['fast', 'best'] as const
/** One of {@link goalNames}. */
export type GoalName = (typeof goalNames)[number]

/**
 * Formats of `exportModel`: `transformers` (Python), `onnx` (transformers.js, Optimum), `gguf` (llama.cpp) and `llama2c` take
 * models of layouts that these programs know; `onnx-fixed` takes every model, as two graphs of fixed sizes.
 */
export const exportFormats = ['transformers', 'onnx', 'gguf', 'llama2c', 'onnx-fixed'] as const
/** One of {@link exportFormats}. */
export type ExportFormatName = (typeof exportFormats)[number]
