import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { optimize, traceFunction, writeOnnx } from '@tinystories/compiler'
import { exportOnnx, loadPretrainedArrays, saveSafetensors } from '@tinystories/model/files'
import type { Tokenizer } from '@tinystories/tokenizer'
import { interruptible } from '../interrupts.ts'
import { modelFolder, openTokenizer } from '../open-model.ts'
import { forDisplay, fromTyped } from '../paths.ts'
import { writeWhole } from '../run-folder.ts'
import { fileError, UserError } from '../user-error.ts'

export interface ExportFlags {
  model?: string
  format: 'transformers' | 'onnx'
  out: string
  length?: number
  rows?: number
}

/**
 * Writes a model with its tokenizer into a folder, for other programs.
 *
 * @returns the exit code: 0, or 130 when interrupted.
 */
export function exportModel(flags: ExportFlags): Promise<number> {
  return interruptible(
    signal => write(flags, signal),
    () => console.log('Interrupted. Files that are there are whole; the same command writes them all again.'),
  )
}

async function write(
  { model: source, format, out, length, rows }: ExportFlags,
  signal: AbortSignal,
): Promise<number> {
  if (format !== 'onnx' && (length ?? rows) !== undefined) {
    throw new UserError('--length and --rows are of --format onnx. Leave them out.')
  }
  const folder = await modelFolder(source, signal)
  const { config, parameters, endOfTextId } = await loadPretrainedArrays(folder)
  if (length !== undefined && length > config.contextLength) {
    throw new UserError(`--length: ${length} is more than the model's context of ${config.contextLength}.`)
  }
  const tokenizer = await openTokenizer(source, folder, signal)
  const target = fromTyped(out)
  await mkdir(target, { recursive: true }).catch(error => {
    throw fileError('--out', target, error)
  })
  signal.throwIfAborted()
  if (format === 'transformers') {
    await saveSafetensors(
      target,
      { config, parameters },
      endOfTextId === undefined ? {} : { endOfTextId },
    ).catch(error => {
      throw 'syscall' in error ? fileError('--out', target, error) : error
    })
  } else {
    const graphs = exportOnnx(
      (fn, example, name) => writeOnnx(optimize(traceFunction(fn, example).graph, { cpu: false }), name),
      { config, parameters },
      { ...(length !== undefined && { length }), ...(rows !== undefined && { rows }) },
    )
    // Making them takes the event loop: a Ctrl-C meanwhile is told now.
    await new Promise(resolve => setImmediate(resolve))
    signal.throwIfAborted()
    await writeWhole(join(target, 'forward.onnx'), graphs.forward)
    await writeWhole(join(target, 'decode.onnx'), graphs.decode)
    const about = { ...config, rows: rows ?? 1, length: length ?? config.contextLength, endOfTextId }
    await writeWhole(join(target, 'model.json'), `${JSON.stringify(about, null, 2)}\n`)
  }
  signal.throwIfAborted()
  await saveTokenizer(tokenizer, folder, target, config.contextLength)
  console.log(`Written to ${forDisplay(target)}`)
  return 0
}

/** `tokenizer.json`, and the file by which transformers' AutoTokenizer knows what to do with it. */
async function saveTokenizer(
  tokenizer: Tokenizer,
  folder: string,
  target: string,
  contextLength: number,
): Promise<void> {
  if (tokenizer.toJSON().model.type === 'WordPiece') await tokenizer.save(join(target, 'tokenizer.json'))
  else {
    // Byte-level BPE stays in the files it came in, which lie beside the weights.
    for (const name of ['tokenizer.json', 'vocab.json', 'merges.txt']) {
      await copyFile(join(folder, name), join(target, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw fileError('--out', join(target, name), error)
      })
    }
  }
  const end = tokenizer.endOfTextId === undefined ? undefined : tokenizer.idToToken(tokenizer.endOfTextId)
  const settings = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: contextLength,
    clean_up_tokenization_spaces: false,
    ...(end !== undefined && { bos_token: end, eos_token: end, pad_token: end }),
  }
  await writeWhole(join(target, 'tokenizer_config.json'), `${JSON.stringify(settings, null, 2)}\n`)
}
