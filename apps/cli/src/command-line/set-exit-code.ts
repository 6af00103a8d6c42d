/** How a command passes on the exit code of its run: 0, or 130 after an interruption. Errors are thrown. */
export type SetExitCode = (code: number) => void
