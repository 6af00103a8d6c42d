import { queueOverPipe } from '../queue/pipe-queue.ts'
import { workSweep } from '../queue/work-sweep.ts'
import { countingSweep } from './count-stages.ts'

// A worker process of a counting sweep: node work-child.ts FOLDER CELLS PAUSE
const [folder, cells, pause] = process.argv.slice(2)
const sweep = await countingSweep(folder!, { cells: Number(cells), pause: Number(pause), save: false })
await workSweep(sweep, {
  queue: queueOverPipe(process),
  capacity: { cores: 1, memory: 4, gpu: false },
  pollInterval: 20,
})
process.disconnect()
