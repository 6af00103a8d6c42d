import type { ArrayRecord, TensorRecord } from '../types.ts'

/** The position of each parameter in the flat shared arrays, in elements. */
export interface ParameterLayout {
  names: string[]
  shapes: Record<string, number[]>
  offsets: Record<string, number>
  size: number
}

export function layoutOf(parameters: TensorRecord): ParameterLayout {
  const layout: ParameterLayout = { names: Object.keys(parameters), shapes: {}, offsets: {}, size: 0 }
  for (const [name, { shape, size }] of Object.entries(parameters)) {
    layout.shapes[name] = shape
    layout.offsets[name] = layout.size
    layout.size += size
  }
  return layout
}

/** Views of a flat array by name. */
export function viewsOf(
  flat: Float32Array,
  { names, offsets, shapes }: ParameterLayout,
  which: readonly string[] = names,
): ArrayRecord {
  return Object.fromEntries(
    which.map(name => [name, flat.subarray(offsets[name]!, offsets[name]! + sizeOf(shapes[name]!))]),
  )
}

/**
 * Distributes whole parameters among owners. Those of one shape are spread evenly, because an optimizer may take far
 * longer for an element of a matrix than for one of a table; a remainder goes to the owner with the least.
 *
 * @returns the names of each owner's parameters, in the layout's order
 */
export function distribute({ names, shapes }: ParameterLayout, owners: number): string[][] {
  const owned = Array.from({ length: owners }, () => ({ names: new Set<string>(), size: 0 }))
  const bySize = names.toSorted((a, b) => sizeOf(shapes[b]!) - sizeOf(shapes[a]!))
  for (const name of bySize) {
    const alike = (owner: (typeof owned)[0]): number =>
      [...owner.names].filter(other => shapes[other]!.join() === shapes[name]!.join()).length
    const next = owned.reduce((a, b) => {
      const more = alike(b) - alike(a)
      return more < 0 || (more === 0 && b.size < a.size) ? b : a
    })
    next.names.add(name)
    next.size += sizeOf(shapes[name]!)
  }
  return owned.map(owner => names.filter(name => owner.names.has(name)))
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1)
}
