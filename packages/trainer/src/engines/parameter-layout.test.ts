import fc from 'fast-check'
import { expect, test } from 'vitest'
import { distribute, type ParameterLayout } from './parameter-layout.ts'

function layout(shapes: Record<string, number[]>): ParameterLayout {
  return { names: Object.keys(shapes), shapes, offsets: {}, size: 0 }
}

test('every parameter has one owner, and those of one shape are spread evenly', () => {
  const shape = fc.constantFrom<number[]>([4], [4, 4], [8, 4], [100, 4])
  fc.assert(
    fc.property(fc.array(shape, { maxLength: 30 }), fc.integer({ min: 1, max: 5 }), (list, owners) => {
      const all = layout(Object.fromEntries(list.map((shape, i) => [`p${i}`, shape])))
      const distributed = distribute(all, owners)
      expect(distributed).toHaveLength(owners)
      expect(distributed.flat().sort()).toEqual([...all.names].sort())
      for (const wanted of ['4', '4,4', '8,4', '100,4']) {
        const counts = distributed.map(
          names => names.filter(name => all.shapes[name]!.join() === wanted).length,
        )
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      }
    }),
  )
})

test('a remainder goes to the owner with the least, in the order of the layout', () => {
  const distributed = distribute(layout({ small: [2], table: [50, 4], a: [4, 4], b: [4, 4], last: [3] }), 2)
  expect(distributed).toEqual(
    [
      ['table', 'b'],
      ['small', 'a', 'last'],
    ].map(names => names.toSorted(order)),
  )
  function order(x: string, y: string): number {
    const names = ['small', 'table', 'a', 'b', 'last']
    return names.indexOf(x) - names.indexOf(y)
  }
})
