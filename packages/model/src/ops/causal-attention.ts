import * as tf from '@tensorflow/tfjs-core'
import { largeOperations } from './large-operations.ts'
import { withGradient } from './with-gradient.ts'

/** Queries, keys and values `[rows, heads * headSize]`, their heads side by side. */
export interface AttentionInputs {
  q: tf.Tensor2D
  k: tf.Tensor2D
  v: tf.Tensor2D
}

export interface CausalAttentionOptions {
  /** Sequences in the batch. */
  batch: number
  heads: number
  /** What the scores are multiplied by; 1 for GPT-Neo. */
  scale: number
  /** Keys that a query sees, itself included; at least the sequence length means all that came before. */
  window: number
  /** Queries computed together; chosen by the length when left out. */
  blockSize?: number
  /** Sequences computed together; chosen by the size of their scores when left out. */
  sequences?: number
}

/** Queries `[start, end)` with the keys `[first, end)` that any of them may see. */
interface Block {
  start: number
  end: number
  first: number
}

/** `[sequences * heads, headSize, T]`: a column for each position. */
type Heads = tf.Tensor3D

/**
 * Multi-head causal self-attention (Vaswani et al., arXiv 1706.03762), from queries, keys and values, each
 * `[batch * T, heads * headSize]`, to the merged heads.
 *
 * Queries are taken block by block, each with only the keys it may see, so that about half of the score matrix
 * (with a window: nearly all of it) is never computed; and a few sequences at a time, so that the scores in hand stay
 * in the processor's cache. The result is exact. The backward pass uses `dS = P * (dO V^T - rowsum(dO * O))`, as
 * FlashAttention does (arXiv 2205.14135); the row sum is one more column of the product.
 *
 * @returns `[batch * T, heads * headSize]`
 */
export function causalAttention(inputs: AttentionInputs, options: CausalAttentionOptions): tf.Tensor2D {
  const { batch, heads, scale, window } = options
  const given = [inputs.q, inputs.k, inputs.v]
  const length = inputs.q.shape[0] / batch
  const width = inputs.q.shape[1]
  const headSize = width / heads
  // A compiler may have attention as one operation, which keeps the probabilities of a head in the cache while it needs
  // them. Where they are many the backward pass computes them again: that spares the memory of all scores.
  // Not on a graphics card: there it is the number of operations that costs, and their memory is what it has.
  const large = largeOperations()
  const fused = !large && tf.getKernel('MaskedAttention', tf.getBackend()) !== undefined
  const blocks = queryBlocks(length, window, options.blockSize ?? defaultBlockSize(length, large))
  const chunks = chunksOf(batch, options.sequences ?? (large ? batch : defaultSequences(blocks, heads)))
  const keep = batch * heads * areaOf(blocks) < RECOMPUTED
  const scaled = <T extends tf.Tensor>(x: T): T => (scale === 1 ? x : tf.mul(x, scale))

  return withGradient(given, save => {
    const parts = chunks.map(({ from, count }) => given.map(x => part(x, from * length, count * length)))
    const chunkHeads = (parts: tf.Tensor2D[], count: number): ChunkHeads => {
      const [q, k, v] = parts.map(x =>
        tf.reshape(columnsOf(x, count), [count * heads, headSize, length]),
      ) as [Heads, Heads, Heads]
      return { queries: perBlock(scaled(q), blocks), k, v }
    }
    const probabilitiesOf = ({ queries, k }: ChunkHeads): tf.Tensor3D[] =>
      blocks.map((block, i) =>
        tf.tidy(() => {
          const scores = tf.matMul(queries[i]!, positions(k, block.first, block.end), true, false)
          const mask = causalMask(block, window)
          return tf.softmax(mask ? tf.add(scores, mask) : scores) as tf.Tensor3D
        }),
      )

    let value: tf.Tensor2D
    const kept: tf.Tensor[] = []
    if (fused) {
      value = tf.reshape(
        join(
          parts.map((parts, chunk) => {
            const { count } = chunks[chunk]!
            const [q, k, v] = parts.map(x => tf.reshape(x, [count, length, width])) as tf.Tensor3D[]
            return join(
              blocks.map(block => {
                const { start, end, first } = block
                const rows = (x: tf.Tensor3D | undefined, from: number, to: number): tf.Tensor =>
                  tf.slice(x!, [0, from, 0], [count, to - from, width])
                const inputs = {
                  query: rows(q, start, end),
                  key: rows(k, first, end),
                  value: rows(v, first, end),
                  mask: causalMask(block, window) ?? tf.zeros([end - start, end - first]),
                }
                const attrs = { heads, scale }
                const [read, p] = tf.engine().runKernel('MaskedAttention', inputs, attrs) as tf.Tensor[]
                if (keep) kept.push(tf.reshape(p!, [count * heads, end - start, end - first]))
                return read!
              }),
              1,
            )
          }),
          0,
        ),
        [batch * length, width],
      )
      save([value, ...parts.flat(), ...kept])
    } else {
      const saved: tf.Tensor[] = []
      const merged = parts.map((parts, chunk) => {
        const { count } = chunks[chunk]!
        const found = chunkHeads(parts, count)
        const probabilities = probabilitiesOf(found)
        const o = join(
          blocks.map(({ first, end }, i) =>
            tf.matMul(positions(found.v, first, end), probabilities[i]!, false, true),
          ),
          2,
        )
        saved.push(found.k, found.v, ...found.queries, ...probabilities)
        return rowsOf(tf.reshape(o, [count, width, length]))
      })
      value = join(merged, 0)
      save([value, ...saved])
    }
    return {
      value,
      gradients(dy, [value, ...saved]) {
        // sum over each head's channels of dO * O: [batch, heads, T]
        const products = tf.reshape(tf.mul(dy, value!), [batch, length, heads, headSize])
        const rowSums = tf.transpose(tf.neg(tf.sum(products, 3)), [0, 2, 1])
        const gradients = chunks.map(({ from, count }, chunk) => {
          const size = 2 + 2 * blocks.length
          let found: ChunkHeads
          let probabilities: tf.Tensor3D[]
          if (fused) {
            found = chunkHeads(saved.slice(3 * chunk, 3 * chunk + 3) as tf.Tensor2D[], count)
            const at = 3 * chunks.length + chunk * blocks.length
            probabilities = keep
              ? (saved.slice(at, at + blocks.length) as tf.Tensor3D[])
              : probabilitiesOf(found)
          } else {
            const [k, v, ...rest] = saved.slice(chunk * size, (chunk + 1) * size) as [
              Heads,
              Heads,
              ...Heads[],
            ]
            found = { k, v, queries: rest.slice(0, blocks.length) }
            probabilities = rest.slice(blocks.length)
          }
          const { k, v, queries } = found
          const dO = tf.reshape(columnsOf(part(dy as tf.Tensor2D, from * length, count * length), count), [
            count * heads,
            headSize,
            length,
          ]) as Heads
          const sums = tf.reshape(tf.slice(rowSums, [from, 0, 0], [count, heads, length]), [
            count * heads,
            1,
            length,
          ])
          // (dO, -rowsum) (v, 1)^T = dO v^T - rowsum: no pass over the scores for the difference.
          const dOutWithSums = tf.concat([dO, sums], 1) as Heads
          const valuesWithOnes = tf.concat([v, tf.ones([count * heads, 1, length])], 1) as Heads
          const outs = perBlock(dO, blocks)
          const outsWithSums = perBlock(dOutWithSums, blocks)
          const dq: Heads[] = []
          const dk: Heads[] = []
          const dv: Heads[] = []
          for (const [i, { end, first }] of blocks.entries()) {
            const p = probabilities[i]!
            const dP = tf.matMul(outsWithSums[i]!, positions(valuesWithOnes, first, end), true, false)
            const dS: tf.Tensor3D = tf.mul(p, dP)
            dq.push(tf.matMul(positions(k, first, end), dS, false, true))
            dk.push(tf.matMul(queries[i]!, dS))
            dv.push(tf.matMul(outs[i]!, p))
          }
          return [scaled(join(dq, 2)), addUp(dk, blocks, length), addUp(dv, blocks, length)].map(x =>
            rowsOf(tf.reshape(x, [count, width, length])),
          )
        })
        return given.map((_, i) =>
          join(
            gradients.map(ofChunk => ofChunk[i]!),
            0,
          ),
        )
      },
    }
  })
}

/** Queries of each block (scaled), keys and values of a chunk of sequences. */
interface ChunkHeads {
  queries: Heads[]
  k: Heads
  v: Heads
}

// Small enough to skip much of the upper triangle, large enough that the products stay efficient.
function defaultBlockSize(length: number, large: boolean): number {
  const least = large ? 256 : 64
  return length <= least ? length : Math.max(least, Math.ceil(length / 4))
}

/** From 16 MB on, memory counts for more than the two hundredths of a step that computing probabilities again takes. */
const RECOMPUTED = 2 ** 22

/** Scores of one head and sequence. */
function areaOf(blocks: Block[]): number {
  return blocks.reduce((sum, { start, end, first }) => sum + (end - start) * (end - first), 0)
}

/** As many sequences as have 2 MB of scores in one block: what two cores' caches hold. */
function defaultSequences(blocks: Block[], heads: number): number {
  const scores = Math.max(...blocks.map(({ start, end, first }) => (end - start) * (end - first)))
  return Math.max(1, Math.floor(2 ** 19 / (scores * heads)))
}

/** Runs of at most `size` sequences, as even as can be. */
function chunksOf(batch: number, size: number): { from: number; count: number }[] {
  const count = Math.ceil(batch / Math.ceil(batch / size))
  return Array.from({ length: Math.ceil(batch / count) }, (_, i) => ({
    from: i * count,
    count: Math.min(count, batch - i * count),
  }))
}

function queryBlocks(length: number, window: number, size: number): Block[] {
  return Array.from({ length: Math.ceil(length / size) }, (_, i) => {
    const start = i * size
    return { start, end: Math.min(start + size, length), first: Math.max(0, start - window + 1) }
  })
}

/** 0 where a query may look and -1e9 elsewhere, or null where the whole block may look. */
function causalMask({ start, end, first }: Block, window: number): tf.Tensor2D | null {
  const [queries, keys] = [end - start, end - first]
  const mask = new Float32Array(queries * keys)
  for (let query = start; query < end; query++) {
    for (let key = first; key < end; key++) {
      if (key > query || key <= query - window) mask[(query - start) * keys + key - first] = -1e9
    }
  }
  return mask.some(value => value !== 0) ? tf.tensor2d(mask, [queries, keys]) : null
}

/** `[count * T, width]` to `[count, width, T]`: one transposition of plain matrices, whatever the heads. */
function columnsOf(x: tf.Tensor2D, count: number): tf.Tensor3D {
  const [rows, width] = x.shape
  return tf.transpose(tf.reshape(x, [count, rows / count, width]), [0, 2, 1])
}

function rowsOf(x: tf.Tensor): tf.Tensor2D {
  const [count, width, length] = x.shape as [number, number, number]
  return tf.reshape(tf.transpose(x, [0, 2, 1]), [count * length, width])
}

/** `count` rows from `from` on. */
function part(x: tf.Tensor2D, from: number, count: number): tf.Tensor2D {
  return count === x.shape[0] ? x : tf.slice(x, [from, 0], [count, x.shape[1]])
}

function positions(x: Heads, from: number, to: number): Heads {
  if (from === 0 && to === x.shape[2]) return x
  return tf.slice(x, [0, 0, from], [x.shape[0], x.shape[1], to - from])
}

function join<T extends tf.Tensor>(parts: T[], axis: number): T {
  return parts.length === 1 ? parts[0]! : tf.concat(parts, axis)
}

/** The columns of each block of queries. */
function perBlock(x: Heads, blocks: Block[]): Heads[] {
  if (blocks.length === 1) return [x]
  return tf.split(
    x,
    blocks.map(({ start, end }) => end - start),
    2,
  )
}

/** The sum of gradients for the keys of each block, as `[.., length]`: together as long as they overlap. */
function addUp(parts: Heads[], blocks: Block[], length: number): Heads {
  let [from, to] = [blocks[0]!.first, blocks[0]!.end]
  let total = parts[0]!
  for (const [i, { first, end }] of blocks.entries()) {
    if (i === 0) continue
    const [low, high] = [Math.min(from, first), Math.max(to, end)]
    total = tf.add(place(total, from - low, high - to), place(parts[i]!, first - low, high - end))
    ;[from, to] = [low, high]
  }
  return place(total, from, length - to)
}

/** With so many positions of 0 before and after. */
function place(x: Heads, before: number, after: number): Heads {
  return before === 0 && after === 0
    ? x
    : (tf.pad(x, [
        [0, 0],
        [0, 0],
        [before, after],
      ]) as Heads)
}
