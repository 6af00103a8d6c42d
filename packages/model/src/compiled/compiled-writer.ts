import { GenerationError } from '../errors.ts'
import { type SampledToken, type SamplingOptions, sampleToken } from '../generation/sample-token.ts'
import { type SampledStream, seen, slide, type Writer } from '../generation/writer.ts'
import type { CacheId, GenerationGraphs } from './generation-graphs.ts'
import { LARGEST_UNIFORM, type SamplingMode, samplingMode } from './sample-graph.ts'

/** Caches grow by so many places: fewer waste less time on empty ones, more need fewer graphs. */
const CAPACITY_STEP = 64
const CAPACITY_STEP_OF_ONE = 128
/** Smallest size that is worth a graph of its own. */
const LEAST_PROMPT = 16
/** Times that too few candidates are taken for bad luck; after that the host samples. */
const MOST_UNSURE = 3

interface WriterOptions extends SamplingOptions {
  maxTokens: number
  stepsPerCall: number
}

/** Writes texts with compiled graphs: several tokens a call, the cache stays in the runtime. */
export class CompiledWriter<S extends SampledStream> implements Writer<S> {
  streams: S[]
  readonly #graphs: GenerationGraphs
  readonly #options: WriterOptions
  readonly #rows: number
  readonly #instance: number
  #mode: SamplingMode
  /** Row of each stream in the graphs. */
  #places: Map<S, number>
  /** Numbers that were drawn for tokens that were not wanted in the end; they serve the next ones. */
  readonly #drawn = new Map<S, number[]>()
  #cache: CacheId | undefined
  #unsure = 0

  constructor(graphs: GenerationGraphs, streams: S[], options: WriterOptions) {
    this.#graphs = graphs
    this.streams = streams
    this.#options = options
    this.#rows = streams.length <= 8 ? powerOfTwo(streams.length) : Math.ceil(streams.length / 8) * 8
    this.#instance = graphs.acquireInstance()
    this.#mode = samplingMode(options, graphs.config.vocabSize)
    this.#places = new Map(streams.map((stream, row) => [stream, row]))
    for (const stream of streams) this.#drawn.set(stream, [])
  }

  async next(): Promise<SampledToken[][]> {
    const { contextLength } = this.#graphs.config
    if (slide(this.streams, contextLength)) this.#cache = undefined
    if (this.#cache) {
      const tokens = this.#mode.kind === 'host' ? await this.#decodeOne() : await this.#decode()
      if (tokens[0]!.length > 0) return tokens
    }
    return this.#prefill()
  }

  keep(wanted: (stream: S) => boolean): void {
    this.streams = this.streams.filter(wanted)
  }

  dispose(): void {
    this.#graphs.releaseInstance(this.#instance)
  }

  /** Reads all that the model sees of the texts; the host takes the first token from the logits. */
  async #prefill(): Promise<SampledToken[][]> {
    const { contextLength } = this.#graphs.config
    // Rows of texts that are done need not be kept up.
    const longest = Math.max(...this.streams.map(seen))
    const length = Math.min(contextLength, Math.max(LEAST_PROMPT, powerOfTwo(longest)))
    const id = this.#cacheFor(Math.max(length, longest + this.#options.stepsPerCall))
    const ids = new Int32Array(this.#rows * length)
    const lengths = new Int32Array(this.#rows)
    for (const stream of this.streams) {
      const row = this.#places.get(stream)!
      const count = seen(stream)
      lengths[row] = count
      for (let i = 0; i < count; i++) ids[(row + 1) * length - count + i] = stream.tokens[stream.start + i]!
    }
    const prefill = await this.#graphs.prefill(id, length)
    const { logits } = (await prefill.run({ ids, lengths })) as { logits: Float32Array }
    this.#cache = id
    return this.#sample(logits)
  }

  async #decodeOne(): Promise<SampledToken[][]> {
    const { ids, lengths } = await this.#ready(1)
    const decode = await this.#graphs.decode(this.#cache!, 1, { kind: 'host' })
    const { logits } = (await decode.run({ ids, lengths })) as { logits: Float32Array }
    return this.#sample(logits)
  }

  /** Several tokens in one call; none when the candidates of the first were too few. */
  async #decode(): Promise<SampledToken[][]> {
    const { stepsPerCall: steps, temperature = 1, topK, topP = 1, minP = 0 } = this.#options
    const mode = this.#mode
    const { ids, lengths, longest } = await this.#ready(steps)
    const decode = await this.#graphs.decode(this.#cache!, steps, mode)
    const draws = mode.kind !== 'greedy'
    const complete =
      mode.kind === 'top' && (topK !== undefined || mode.candidates >= this.#graphs.config.vocabSize)
    const result = (await decode.run({
      ids,
      lengths,
      ...(draws && {
        uniforms: this.#uniforms(steps),
        temperature: Float32Array.of(temperature),
        topP: Float32Array.of(topP),
        minP: Float32Array.of(minP),
        complete: Float32Array.of(complete ? 1 : 0),
      }),
    })) as { ids: Int32Array; logProbabilities: Float32Array; sure: Float32Array }

    let wanted = Math.min(steps, this.#graphs.config.contextLength - longest)
    for (let step = 0; step < wanted; step++) {
      for (const stream of this.streams) {
        if (result.sure[step * this.#rows + this.#places.get(stream)!] === 1) continue
        wanted = step
        if (++this.#unsure > MOST_UNSURE) this.#mode = { kind: 'host' }
      }
    }
    // The cache has read tokens that will not be written.
    if (wanted < steps) this.#cache = undefined
    return this.streams.map(stream => {
      const row = this.#places.get(stream)!
      this.#drawn.get(stream)!.splice(0, draws ? wanted : 0)
      return Array.from({ length: wanted }, (_, step) => {
        const logProbability = result.logProbabilities[step * this.#rows + row]!
        if (Number.isNaN(logProbability)) {
          throw new GenerationError("The model's logits are NaN: its weights are broken.")
        }
        return { id: result.ids[step * this.#rows + row]!, logProbability }
      })
    })
  }

  /** Last tokens and lengths as inputs, and room in the cache for so many tokens. */
  async #ready(steps: number): Promise<{ ids: Int32Array; lengths: Int32Array; longest: number }> {
    const ids = new Int32Array(this.#rows)
    const lengths = new Int32Array(this.#rows)
    for (const stream of this.streams) {
      const row = this.#places.get(stream)!
      ids[row] = stream.tokens.at(-1)!
      lengths[row] = seen(stream) - 1
    }
    const longest = Math.max(...this.streams.map(seen)) - 1
    const needed = Math.min(longest + steps, this.#graphs.config.contextLength)
    if (needed > this.#cache!.capacity) {
      const larger = this.#cacheFor(needed)
      await (await this.#graphs.grow(this.#cache!, larger)).run({})
      this.#cache = larger
    }
    return { ids, lengths, longest }
  }

  #cacheFor(needed: number): CacheId {
    const { contextLength } = this.#graphs.config
    const step = this.#rows === 1 ? CAPACITY_STEP_OF_ONE : CAPACITY_STEP
    const capacity = Math.min(contextLength, Math.ceil(needed / step) * step)
    return { rows: this.#rows, capacity, instance: this.#instance }
  }

  #sample(logits: Float32Array): SampledToken[][] {
    const { vocabSize } = this.#graphs.config
    return this.streams.map(stream => {
      const row = this.#places.get(stream)!
      const drawn = this.#drawn.get(stream)!
      const random = { uniform: () => drawn.shift() ?? stream.random.uniform() }
      const own = logits.subarray(row * vocabSize, (row + 1) * vocabSize)
      return [sampleToken(own, this.#options, random, stream.tokens)]
    })
  }

  #uniforms(steps: number): Float32Array {
    const uniforms = new Float32Array(steps * this.#rows)
    for (const stream of this.streams) {
      const drawn = this.#drawn.get(stream)!
      while (drawn.length < steps) drawn.push(stream.random.uniform())
      for (let step = 0; step < steps; step++) {
        uniforms[step * this.#rows + this.#places.get(stream)!] = Math.min(drawn[step]!, LARGEST_UNIFORM)
      }
    }
    return uniforms
  }
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, least)))
}
