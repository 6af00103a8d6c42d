import * as tf from '@tensorflow/tfjs-core'
import { withGradient } from './with-gradient.ts'

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
}

/** Queries `[start, end)` with the keys `[first, end)` that any of them may see. */
interface Block {
  start: number
  end: number
  first: number
}

/**
 * Multi-head causal self-attention (Vaswani et al., arXiv 1706.03762), from queries, keys and values to the
 * merged heads.
 *
 * Queries are taken block by block, each with only the keys it may see, so that about half of the score matrix
 * (with a window: nearly all of it) is never computed. The result is exact. The backward pass uses
 * `dS = P * (dO V^T - rowsum(dO * O))`, as FlashAttention does (arXiv 2205.14135), which spares the softmax
 * gradient a pass over the scores.
 *
 * @param qkv `[batch * T, 3 * heads * headSize]`: queries, keys and values side by side, heads within each
 * @returns `[batch * T, heads * headSize]`
 */
export function causalAttention(qkv: tf.Tensor2D, options: CausalAttentionOptions): tf.Tensor2D {
  const { batch, heads, scale, window } = options
  const length = qkv.shape[0] / batch
  const headSize = qkv.shape[1] / 3 / heads
  const blocks = queryBlocks(length, window, options.blockSize ?? defaultBlockSize(length))
  const scaled = <T extends tf.Tensor>(x: T): T => (scale === 1 ? x : tf.mul(x, scale))

  return withGradient([qkv], save => {
    const parts = tf.transpose(tf.reshape(qkv, [batch, length, 3, heads, headSize]), [2, 0, 3, 1, 4])
    const [queries, k, v] = tf.unstack(tf.reshape(parts, [3, batch * heads, length, headSize])) as Heads[]
    const q: Heads = scaled(queries!)
    const probabilities = blocks.map(({ start, end, first }) =>
      tf.tidy(() => {
        const scores = tf.matMul(rows(q, start, end), rows(k!, first, end), false, true)
        const mask = causalMask({ start, end, first }, window)
        return tf.softmax(mask ? tf.add(scores, mask) : scores)
      }),
    )
    const outputs: Heads[] = blocks.map(({ first, end }, i) =>
      tf.matMul(probabilities[i]!, rows(v!, first, end)),
    )
    const o = joinRows(outputs)
    save([q, k!, v!, o, ...probabilities])
    const merged = tf.transpose(tf.reshape(o, [batch, heads, length, headSize]), [0, 2, 1, 3])
    return {
      value: tf.reshape(merged, [batch * length, heads * headSize]),
      gradients(dy, saved) {
        const [q, k, v, o, ...probabilities] = saved as Heads[]
        const split = tf.transpose(tf.reshape(dy, [batch, length, heads, headSize]), [0, 2, 1, 3])
        const dO = tf.reshape(split, [batch * heads, length, headSize]) as Heads
        const rowSum = tf.sum(tf.mul(dO, o!), -1, true) as Heads
        const dq: Heads[] = []
        const dk: Heads[] = []
        const dv: Heads[] = []
        for (const [i, { start, end, first }] of blocks.entries()) {
          const p = probabilities[i]!
          const dOut = rows(dO, start, end)
          const dP = tf.matMul(dOut, rows(v!, first, end), false, true)
          const dS = tf.mul(p, tf.sub(dP, rows(rowSum, start, end)))
          dq.push(tf.matMul(dS, rows(k!, first, end)))
          dk.push(placeRows(tf.matMul(dS, rows(q!, start, end), true, false), first, length))
          dv.push(placeRows(tf.matMul(p, dOut, true, false), first, length))
        }
        const all = tf.stack([scaled(joinRows(dq)), sum(dk), sum(dv)])
        const perHead = tf.reshape(all, [3, batch, heads, length, headSize])
        return [tf.reshape(tf.transpose(perHead, [1, 3, 0, 2, 4]), [batch * length, 3 * heads * headSize])]
      },
    }
  })
}

/** `[batch * heads, T, size]` */
type Heads = tf.Tensor3D

// Small enough to skip much of the upper triangle, large enough that the products stay efficient.
function defaultBlockSize(length: number): number {
  return length <= 64 ? length : Math.max(64, Math.ceil(length / 4))
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

function rows(x: Heads, from: number, to: number): Heads {
  if (from === 0 && to === x.shape[1]) return x
  return tf.slice(x, [0, from, 0], [x.shape[0], to - from, x.shape[2]])
}

function joinRows(parts: Heads[]): Heads {
  return parts.length === 1 ? parts[0]! : tf.concat(parts, 1)
}

function placeRows(x: Heads, first: number, length: number): Heads {
  const after = length - first - x.shape[1]
  return first === 0 && after === 0
    ? x
    : (tf.pad(x, [
        [0, 0],
        [first, after],
        [0, 0],
      ]) as Heads)
}

function sum(parts: Heads[]): Heads {
  return parts.reduce((total, part) => tf.add(total, part))
}
