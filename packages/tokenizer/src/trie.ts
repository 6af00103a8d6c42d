import { enlarged } from './enlarged.ts'

/** Node of a {@link Trie} that stands for no prefix of any piece. */
export const NOWHERE = -1

/**
 * Prefix tree of the vocabulary over UTF-16 units. Its edges lie in one hash table, so a step costs about
 * one look into memory whatever the alphabet.
 */
export class Trie {
  /** Four numbers a node: parent, unit that leads here, id of the piece that ends here or -1, unused. */
  #nodes: Int32Array = new Int32Array(4 * 1024)
  #count = 1
  /** Nodes at the hash of (parent, unit); 0 is empty, since the root has no parent. */
  #slots: Int32Array = new Int32Array(4096)

  constructor(pieces: Iterable<readonly [token: string, id: number]>) {
    this.#nodes[2] = -1
    for (const [token, id] of pieces) {
      let node = 0
      for (let i = 0; i < token.length; i++) {
        const unit = token.charCodeAt(i)
        const next = this.child(node, unit)
        node = next === NOWHERE ? this.#add(node, unit) : next
      }
      this.#nodes[node * 4 + 2] = id
    }
  }

  /** The root is node 0. */
  child(node: number, unit: number): number {
    const nodes = this.#nodes
    const slots = this.#slots
    const mask = slots.length - 1
    for (let slot = edgeHash(node, unit) & mask; ; slot = (slot + 1) & mask) {
      const next = slots[slot]!
      if (next === 0) return NOWHERE
      if (nodes[next * 4] === node && nodes[next * 4 + 1] === unit) return next
    }
  }

  /** Id of the piece that ends at the node, or -1. */
  piece(node: number): number {
    return this.#nodes[node * 4 + 2]!
  }

  /** The node that `prefix` leads to, or {@link NOWHERE}. */
  walk(prefix: string): number {
    let node = 0
    for (let i = 0; i < prefix.length && node !== NOWHERE; i++) node = this.child(node, prefix.charCodeAt(i))
    return node
  }

  #add(parent: number, unit: number): number {
    const node = this.#count++
    if (node * 4 === this.#nodes.length) this.#nodes = enlarged(this.#nodes, this.#nodes.length * 2)
    this.#nodes[node * 4] = parent
    this.#nodes[node * 4 + 1] = unit
    this.#nodes[node * 4 + 2] = -1
    if (this.#count * 2 > this.#slots.length) {
      this.#slots = new Int32Array(this.#slots.length * 2)
      for (let each = 1; each < this.#count; each++) this.#insert(each)
    } else {
      this.#insert(node)
    }
    return node
  }

  #insert(node: number): void {
    const mask = this.#slots.length - 1
    let slot = edgeHash(this.#nodes[node * 4]!, this.#nodes[node * 4 + 1]!) & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = node
  }
}

function edgeHash(node: number, unit: number): number {
  const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}
