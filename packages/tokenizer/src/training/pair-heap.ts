/** A max-heap of numbered items whose order may change while they are in it. */
export class PairHeap {
  readonly #before: (a: number, b: number) => boolean
  readonly #heap: number[] = []
  /** Place of each item in the heap, or -1. */
  readonly #places: number[] = []

  /** @param before whether `a` comes out before `b`; a strict total order at any one time. */
  constructor(before: (a: number, b: number) => boolean) {
    this.#before = before
  }

  /** The item that comes out first, or undefined. */
  get first(): number | undefined {
    return this.#heap[0]
  }

  /** Puts an item in, or moves it to where it now belongs. */
  update(item: number): void {
    let place = this.#places[item] ?? -1
    if (place < 0) {
      place = this.#heap.length
      this.#heap.push(item)
      this.#places[item] = place
    }
    this.#down(this.#up(place))
  }

  /** Takes an item out, if it is in. */
  remove(item: number): void {
    const place = this.#places[item] ?? -1
    if (place < 0) return
    this.#places[item] = -1
    const last = this.#heap.pop()!
    if (last === item) return
    this.#heap[place] = last
    this.#places[last] = place
    this.#down(this.#up(place))
  }

  #up(from: number): number {
    const heap = this.#heap
    const item = heap[from]!
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      const above = heap[parent]!
      if (!this.#before(item, above)) break
      heap[place] = above
      this.#places[above] = place
      place = parent
    }
    heap[place] = item
    this.#places[item] = place
    return place
  }

  #down(from: number): void {
    const heap = this.#heap
    const item = heap[from]!
    let place = from
    for (;;) {
      let child = place * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && this.#before(heap[child + 1]!, heap[child]!)) child++
      const below = heap[child]!
      if (!this.#before(below, item)) break
      heap[place] = below
      this.#places[below] = place
      place = child
    }
    heap[place] = item
    this.#places[item] = place
  }
}
