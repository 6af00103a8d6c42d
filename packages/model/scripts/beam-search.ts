/*
 * Compares beam search with transformers on random small models:
 *
 *   node --conditions=@tinystories/source scripts/beam-search.ts make FOLDER 20 10   (20 models, 10 cases each)
 *   python scripts/beam-search.py FOLDER                                             (with torch, transformers)
 *   node --conditions=@tinystories/source scripts/beam-search.ts check FOLDER        (prints the count of equal ones)
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { loadPretrained } from '../src/files/load.ts'
import { saveSafetensors } from '../src/files/save.ts'
import { beamSearch } from '../src/generation/beam-search.ts'
import { type BeamCase, beamCases, beamModel } from '../src/testing/beam-cases.ts'
import { createWasmModel } from '../src/wasm/wasm-model.ts'

const print = (line: string): boolean => process.stdout.write(`${line}\n`)
const [, , command, folder = '', models = '20', cases = '10'] = process.argv

if (command === 'make') {
  for (let seed = 0; seed < Number(models); seed++) {
    const target = join(folder, String(seed))
    await mkdir(target, { recursive: true })
    await saveSafetensors(target, beamModel(seed))
    await writeFile(join(target, 'cases.json'), JSON.stringify(beamCases(seed, Number(cases))))
  }
} else {
  await useBackend('cpu')
  const equal = { wasm: 0, tfjs: 0 }
  let all = 0
  for (const seed of await readdir(folder)) {
    const read = async (name: string) => JSON.parse(await readFile(join(folder, seed, name), 'utf8'))
    const cases: BeamCase[] = await read('cases.json')
    const expected: { ids: number[]; score: number }[][] = await read('expected.json')
    const tfjs = await loadPretrained(join(folder, seed))
    const engines = { tfjs, wasm: await createWasmModel(tfjs) }
    for (const [i, { prompt, ...options }] of cases.entries()) {
      all++
      for (const engine of ['wasm', 'tfjs'] as const) {
        const [found] = await beamSearch(engines[engine], [prompt], options)
        const actual = found!.map(({ ids }) => ids)
        const wanted = expected[i]!.map(({ ids }) => ids)
        if (JSON.stringify(actual) === JSON.stringify(wanted)) equal[engine]++
        else {
          print(`${engine} ${seed} ${i} ${JSON.stringify(options)}`)
          print(`  ours  ${JSON.stringify(found)}`)
          print(`  their ${JSON.stringify(expected[i])}`)
        }
      }
    }
    tf.dispose(tfjs.parameters)
  }
  print(`of ${all} cases equal token for token: wasm ${equal.wasm}, tfjs ${equal.tfjs}`)
}
