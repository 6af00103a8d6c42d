/** What a layer's queries may look at: every earlier token, or only the last `localWindow` of them. */
export type AttentionKind = 'global' | 'local'

/** Which linear maps add a bias. GPT-2 has all of them; GPT-Neo has none on queries, keys and values. */
export interface BiasConfig {
  qkv: boolean
  attentionOutput: boolean
  mlp: boolean
}

/**
 * A decoder-only transformer of the GPT-2 / GPT-Neo family: learned positions, pre-LayerNorm blocks and a final
 * LayerNorm, tanh-GELU, no dropout. Plain JSON; made by `gptConfig`.
 */
export interface GptConfig {
  vocabSize: number
  /** Most tokens a sequence may have: the rows of the position table. */
  contextLength: number
  hiddenSize: number
  layers: number
  heads: number
  /** Width of the MLP's middle. */
  mlpSize: number
  /** One entry for each layer. */
  attention: AttentionKind[]
  /** Keys a query of a local layer sees, itself included. */
  localWindow: number
  /** Whether scores are multiplied by 1 / sqrt(hiddenSize / heads). GPT-2 does, GPT-Neo does not. */
  attentionScale: boolean
  bias: BiasConfig
  /** Whether the output head is the token embedding. */
  tiedHead: boolean
  layerNormEpsilon: number
  /** Standard deviation of the initial weights. */
  initializerRange: number
  /** GPT-2's rule: weights that write to the residual stream start smaller by 1 / sqrt(2 * layers). */
  scaledResidualInit: boolean
}
