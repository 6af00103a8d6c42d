import { rm } from 'node:fs/promises'
import { type ExampleModel, exampleModels, makeExample } from './example-models.ts'

/** Prints whether two things are the same, and counts those that are not. */
export type Check = (what: string, same: boolean) => void

/**
 * Compares the models that the command line names, without any one of each layout with random weights, and ends the process: with
 * code 1 when anything differs.
 *
 * @param library name and version of what they are compared with
 * @param folder for what is written; removed at the end
 */
export async function compareModels(
  library: string,
  folder: string,
  compare: (source: string, check: Check) => Promise<void>,
  examples: readonly ExampleModel[] = exampleModels,
): Promise<never> {
  let differences = 0
  const check: Check = (what, same) => {
    if (!same) differences++
    process.stdout.write(`  ${same ? 'same' : 'DIFFERENT'}: ${what}\n`)
  }
  const compareOne = async (name: string, source: string): Promise<void> => {
    process.stdout.write(`${name}\n`)
    await compare(source, check)
  }
  try {
    const given = process.argv.slice(2)
    for (const source of given) await compareOne(source, source)
    if (given.length === 0)
      for (const example of examples) await compareOne(example.name, await makeExample(folder, example))
  } finally {
    await rm(folder, { recursive: true })
  }
  process.stdout.write(`${library}: ${differences === 0 ? 'all the same' : `${differences} differences`}\n`)
  process.exit(differences === 0 ? 0 : 1)
}
