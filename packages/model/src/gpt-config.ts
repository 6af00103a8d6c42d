/** What a layer's queries may look at: every earlier token, or only the last `localWindow` of them. */
export type AttentionKind = 'global' | 'local'

/** Which linear maps add a bias. GPT-2 has all of them; GPT-Neo has none on queries, keys and values. */
export interface BiasConfig {
  qkv: boolean
  attentionOutput: boolean
  mlp: boolean
}

/** Rotary positions (Su and others, arXiv 2104.09864), the channels of a head paired by halves as Llama has them. */
export interface RotaryConfig {
  /** The slowest pair turns once in `2 pi base` tokens. 10,000 in the paper. */
  base: number
  /** Channels of each head that turn, the first ones; an even number. Left out: all. */
  channels?: number
}

/**
 * A decoder-only transformer with pre-norm blocks and a final norm. What every model of the GPT-2 / GPT-Neo family has
 * is required; where the optional fields are left out, the model is theirs: learned positions, LayerNorm, tanh-GELU.
 * Plain JSON; made by `gptConfig`.
 */
export interface GptConfig {
  vocabSize: number
  /** Most tokens a sequence may have: the rows of the position table. */
  contextLength: number
  hiddenSize: number
  layers: number
  heads: number
  /** Neurons of the MLP. */
  mlpSize: number
  /** One entry for each layer; a number is a window of its own. */
  attention: (AttentionKind | number)[]
  /** Keys a query of a local layer sees, itself included. */
  localWindow: number
  /** Whether scores are multiplied by 1 / sqrt(hiddenSize / heads). GPT-2 does, GPT-Neo does not. */
  attentionScale: boolean
  bias: BiasConfig
  /** Whether the output head is the token embedding. */
  tiedHead: boolean
  /** Added to the variance in every norm. */
  layerNormEpsilon: number
  /** Standard deviation of the initial weights. */
  initializerRange: number
  /** GPT-2's rule: weights that write to the residual stream start smaller by 1 / sqrt(2 * layers). */
  scaledResidualInit: boolean
  /** Positions turn queries and keys; there is no position table then. Left out: learned positions. */
  rotary?: RotaryConfig
  /**
   * `layer`: LayerNorm (arXiv 1607.06450); `rms`: RMSNorm (Zhang and Sennrich, arXiv 1910.07467), without a mean and a
   * bias. Default `layer`.
   */
  norm?: NormKind
  /**
   * `gelu`: its tanh form (arXiv 1606.08415); `relu2`: the square of ReLU (So and others, Primer, arXiv 2109.08668);
   * `swiglu`: `silu(x gate) * (x up)` (Shazeer, arXiv 2002.05202), gate and up side by side in `mlp.up`. Default `gelu`.
   */
  activation?: ActivationKind
  /** Heads of keys and values, each read by `heads / keyValueHeads` queries (arXiv 2305.13245). Default: `heads`. */
  keyValueHeads?: number
  /**
   * RMSNorm with a learned scale on the queries and keys of each head, before they are turned (Henry and others, arXiv
   * 2010.04245; with RMSNorm as in Qwen3, arXiv 2505.09388). Default false.
   */
  queryKeyNorm?: boolean
  /**
   * What is mixed into the values of each layer, by two learned numbers: `residual`, the first layer's values (Zhou and
   * others, arXiv 2410.17897), or `embedding`, a table of its own with a row for each token, shared by the layers (as in
   * modded-nanogpt). Default: nothing.
   */
  sharedValues?: SharedValues
  /**
   * Rows of a table with what two tokens in a row add to the embedding, found by a hash of both (hash embeddings,
   * Svenstrup and others, arXiv 1709.03933). Default: none.
   */
  bigramRows?: number
  /** Logits become `logitCap * tanh(logits / logitCap)` (Gemma 2, arXiv 2408.00118). Default: they stay. */
  logitCap?: number
}

/** See {@link GptConfig.norm}. */
export type NormKind = 'layer' | 'rms'

/** See {@link GptConfig.activation}. */
export type ActivationKind = 'gelu' | 'relu2' | 'swiglu'

/** See {@link GptConfig.sharedValues}. */
export type SharedValues = 'residual' | 'embedding'
