export { acquireLock, inspectLock, type Lock } from './acquire-lock.ts'
export { type CreateFolderOptions, createFolder, removeEmptyFolders } from './create-folder.ts'
export {
  type FileAction,
  FileError,
  type FileErrorDetails,
  type FilePlace,
  isSystemError,
  toFileError,
} from './file-error.ts'
export { appendText, listFolder, removePath, truncateFile } from './file-steps.ts'
export { LockError, type LockErrorDetails } from './lock-error.ts'
export { type OpenToReadOptions, openToRead, openToReadSync, readPiece } from './open-to-read.ts'
export { type ReadFileBytesOptions, readFileBytes } from './read-file-bytes.ts'
export { type FileLine, type ReadLinesOptions, readLines } from './read-lines.ts'
export { type ReadTextFileOptions, readTextFile, readTextFileIfPresent } from './read-text-file.ts'
export { syncFolder, type WriteFileOptions, writeFileAtomically } from './write-file-atomically.ts'
