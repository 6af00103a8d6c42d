import type { Page } from './demo-browser.ts'

type Worker = ReturnType<Page['workers']>[number]

/** Keeps the WebGPU device that a worker will have where {@link loseDevice} finds it. */
export async function watchDevice(worker: Worker): Promise<void> {
  await worker.evaluate(() => {
    type Prototype = { requestDevice(...args: unknown[]): Promise<unknown> }
    const { prototype } = (globalThis as unknown as { GPUAdapter: { prototype: Prototype } }).GPUAdapter
    const { requestDevice } = prototype
    prototype.requestDevice = async function (...args) {
      const device = await requestDevice.apply(this, args)
      Object.assign(globalThis, { device })
      return device
    }
  })
}

/** Takes the device away, as a browser does whose graphics driver fails. */
export async function loseDevice(worker: Worker): Promise<void> {
  await worker.evaluate(() => (globalThis as unknown as { device: { destroy(): void } }).device.destroy())
}
