import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readTextFileIfPresent, writeFileAtomically } from '@tinystories/utils/disk'

const pathOf = (folder: string): string => join(folder, 'stop')

/** Asks every process that works on a sweep, on any machine, to stop: trainings leave a checkpoint. */
export function stopSweep(folder: string): Promise<void> {
  return writeFileAtomically(pathOf(folder), 'stop\n')
}

/** Takes back what {@link stopSweep} asked for. */
export function allowSweep(folder: string): Promise<void> {
  return rm(pathOf(folder), { force: true })
}

/** Calls back once when a sweep is asked to stop. @returns a function that ends the watch */
export function onStopRequest(folder: string, stop: () => void, interval = 2000): () => void {
  const timer = setInterval(() => {
    const look = async (): Promise<void> => {
      if ((await readTextFileIfPresent(pathOf(folder)).catch(() => undefined)) === undefined) return
      clearInterval(timer)
      stop()
    }
    void look()
  }, interval)
  return () => clearInterval(timer)
}
