// The model that a page gets where none is named: the small one of the demo.
import { cpSync } from 'node:fs'

const models = new URL('../../demo/models/', import.meta.url)
const shipped = new URL('../dist/model/', import.meta.url)
cpSync(new URL('small/', models), shipped, { recursive: true })
cpSync(new URL('tokenizer.json', models), new URL('tokenizer.json', shipped))
