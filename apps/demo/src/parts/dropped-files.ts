import { PageError } from '../errors/page-error.ts'

/** The files of a model by name, and a label for it. */
export interface NamedFiles {
  name: string
  files: Record<string, File>
}

/** Files that were chosen one by one, or with their folder. */
export function filesOf(list: readonly File[]): NamedFiles {
  const files = Object.fromEntries(list.map(file => [file.name, file]))
  const folder = list[0]?.webkitRelativePath.split('/')[0]
  const weights = list.find(file => /\.(safetensors|zip)$/i.test(file.name))
  return { files, name: folder || (weights ?? list[0])?.name || 'your model' }
}

/** Files of a drop: of the first folder, or those dropped by themselves. */
export async function filesOfDrop(transfer: DataTransfer): Promise<NamedFiles> {
  const entries = [...transfer.items].map(item => item.webkitGetAsEntry())
  const folder = entries.find((entry): entry is FileSystemDirectoryEntry => entry?.isDirectory === true)
  if (!folder) {
    const list = [...transfer.files]
    if (list.length === 0) throw new PageError('no-files', {})
    return filesOf(list)
  }
  // A run folder has the model in a subfolder.
  const inside = await entriesOf(folder)
  const model = inside.find(
    (entry): entry is FileSystemDirectoryEntry => entry.isDirectory && entry.name === 'model',
  )
  const hasWeights = inside.some(entry => entry.name.endsWith('.safetensors'))
  const wanted = hasWeights || !model ? inside : await entriesOf(model)
  const files = await Promise.all(
    wanted
      .filter((entry): entry is FileSystemFileEntry => entry.isFile)
      .map(entry => new Promise<File>((resolve, reject) => entry.file(resolve, reject))),
  )
  return { ...filesOf(files), name: folder.name }
}

function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader()
  const all: FileSystemEntry[] = []
  return new Promise((resolve, reject) => {
    // A reader returns entries in batches; an empty batch is the end.
    const more = (): void =>
      reader.readEntries(entries => {
        if (entries.length === 0) resolve(all)
        else {
          all.push(...entries)
          more()
        }
      }, reject)
    more()
  })
}
