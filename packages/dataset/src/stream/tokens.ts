/** Anything that turns text into token ids. Packing adds the end token itself, so none is asked for. */
export interface StoryTokenizer {
  encode(text: string, options: { addSpecialTokens: boolean }): { readonly ids: ArrayLike<number> }
  /** Id of the token that ends a story, where the tokenizer knows one. */
  readonly endOfTextId?: number | undefined
}

/** A story as tokens, without the end token. */
export interface TokenizedStory {
  ids: Int32Array
  /** Id of the end token. */
  eos: number
  /** UTF-8 bytes of the story's text, without its prompt. */
  bytes: number
  /** How many of the ids are the prompt's, which come first. Default 0. */
  promptTokens?: number
}

/** One sequence of length T = `contextLength`. */
export interface PackedRow {
  /** Shape [T]. */
  inputs: Int32Array
  /** Shape [T]: the token that follows each input. */
  targets: Int32Array
  /**
   * Shape [T]: how much the target counts in the loss: 1, 0 for padding and for context that was counted before, and for
   * prompts what `promptLossWeight` says.
   */
  mask: Float32Array
  /** UTF-8 bytes of story text that the counted targets stand for. Over all rows it sums to the bytes of all stories. */
  bytes: number
}

/** B rows, one after the other. */
export interface TokenBatch {
  /** Shape [B, T], row-major. */
  inputs: Int32Array
  /** Shape [B, T], row-major. */
  targets: Int32Array
  /** Shape [B, T], row-major. */
  mask: Float32Array
  shape: [rows: number, contextLength: number]
  /** Sum over the rows. */
  bytes: number
}
