/** What can generate: `wasm`, the model package's own kernels, or a backend of tfjs. */
export type WritingEngine = (typeof writingEngines)[number]

export const writingEngines = ['wasm', 'node-gpu', 'node', 'webgpu', 'cpu'] as const
