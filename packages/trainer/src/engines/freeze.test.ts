import { useBackend } from '@tinystories/backends'
import { beforeEach, describe, expect, test } from 'vitest'
import { adamW } from '../optimizers/adam-w.ts'
import { averageWeights } from '../optimizers/average-weights.ts'
import { chain } from '../optimizers/chain.ts'
import { createTrainer } from '../run/create-trainer.ts'
import { installedEngines } from '../testing/installed-engines.ts'
import { options } from '../testing/toy-run.ts'

beforeEach(() => useBackend('cpu'))

describe.each([...installedEngines.map(name => [name, 1] as const), ['wasm', 2]] as const)(
  'on %s with %i worker(s)',
  (engine, workers) => {
    test('frozen parameters stay bit-exact and count in no norm, the others learn', async () => {
      const norms: Record<string, number> = {}
      for (const freeze of [[], ['embed*'], ['bias', 'weight']]) {
        const trainer = await createTrainer(
          options(engine, {
            workers,
            freeze,
            optimizer: chain(adamW({ weightDecay: 0.5 }), averageWeights()),
            callbacks: {
              onMetrics: line => {
                if (line.type === 'step') norms[`${freeze}`] ??= line.gradientNorm
              },
            },
          }),
        )
        const before = await trainer.save()
        await trainer.run({ steps: 4 })
        const after = await trainer.save()
        await trainer.dispose()
        for (const [name, values] of Object.entries(before.parameters)) {
          const isFrozen = freeze.some(pattern => name.startsWith(pattern.replace('*', '')))
          if (isFrozen) expect(after.parameters[name], name).toEqual(values)
          else expect(after.parameters[name], name).not.toEqual(values)
          for (const [slot, arrays] of Object.entries(after.optimizer))
            expect(Object.hasOwn(arrays, name), `${slot} ${name}`).toBe(!isFrozen)
        }
      }
      // The squares of both halves' norms add up to the square of the whole. float32.
      expect(Math.hypot(norms['embed*']!, norms['bias,weight']!)).toBeNear(norms['']!, { relative: 1e-6 })
    })
  },
)

test.each([[['layers.*']], [['embedding', 'weigh']], [['*']]])('refuses the patterns %j', async freeze => {
  await expect(createTrainer(options('cpu', { freeze }))).rejects.toMatchObject({
    code: 'invalid-option',
    details: { option: 'freeze' },
  })
})
