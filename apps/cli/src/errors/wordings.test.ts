import { readdir, readFile } from 'node:fs/promises'
import type { ErrorClass } from '@tinystories/utils/errors'
import { expect, test } from 'vitest'
import { errorExamples } from '../testing/error-examples.ts'
import { describeError } from './describe-error.ts'
import { wordings } from './wordings.ts'

type AnyErrorClass = ErrorClass<string, Record<string, unknown>> & { name: string }

const packages = new URL('../../../../packages/', import.meta.url)
const classes = new Map<string, AnyErrorClass>()
for (const folder of await readdir(packages)) {
  const json = await readFile(new URL(`${folder}/package.json`, packages), 'utf8').catch(() => undefined)
  if (json === undefined) continue
  const { name, private: isPrivate, exports } = JSON.parse(json)
  if (isPrivate) continue
  for (const path of Object.keys(exports)) {
    if (path === './package.json' || path.startsWith('./testing')) continue
    const module = (await import(`${name}${path.slice(1)}`)) as Record<string, unknown>
    for (const value of Object.values(module))
      if (typeof value === 'function' && 'codes' in value && 'isInstance' in value)
        classes.set(value.name, value as unknown as AnyErrorClass)
  }
}

test('every error class of every package has its words on the command line, and every code', () => {
  expect(Object.keys(wordings).sort()).toEqual([...classes.keys()].sort())
  for (const [name, { codes }] of classes)
    expect([name, Object.keys(wordings[name as keyof typeof wordings]).sort()]).toEqual([
      name,
      [...codes].sort(),
    ])
})

const lines = [...classes.values()].flatMap(errorClass =>
  errorClass.codes.map(code => {
    const examples = errorExamples[errorClass.name as keyof typeof errorExamples] as Record<string, unknown>
    return [errorClass.name, code, examples[code], errorClass] as const
  }),
)

/** A field of a file may have the name of an option. */
const namesFields = ['invalid-config']

test.each(lines)('%s %s in the words of the command line', (_name, code, details, errorClass) => {
  expect(details, 'add an example to testing/error-examples.ts').toBeDefined()
  const line = describeError(new errorClass(code, details), 'train')
  expect(line).toMatchSnapshot()
  // Options of the libraries are flags here.
  expect(line).not.toMatch(/\boptions? [a-z]|\bset [a-z]+[A-Z]/)
  if (namesFields.includes(code)) return
  expect(line).not.toMatch(
    /\b(vocabSize|hiddenSize|contextLength|batchSize|learningRate|textField|cacheDir)\b/,
  )
})
