/** Numbers of which the least comes out first. */
export class NumberHeap {
  readonly #heap: number[] = []

  push(value: number): void {
    const heap = this.#heap
    let place = heap.push(value) - 1
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (heap[parent]! <= value) break
      heap[place] = heap[parent]!
      place = parent
    }
    heap[place] = value
  }

  pop(): number | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let place = 0
    for (;;) {
      let child = place * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++
      if (heap[child]! >= last) break
      heap[place] = heap[child]!
      place = child
    }
    heap[place] = last
    return first
  }
}
