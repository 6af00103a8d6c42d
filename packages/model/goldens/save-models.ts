// Saves the golden models for make-goldens.py: node --conditions=@tinystories/source save-models.ts FOLDER
import { join } from 'node:path'
import { saveSafetensors } from '../src/files/save.ts'
import { goldenArrays, goldenModels } from '../src/testing/golden-models.ts'

for (const [name, config] of Object.entries(goldenModels)) {
  await saveSafetensors(join(process.argv[2]!, name), { config, parameters: goldenArrays(config) })
}
