// Imported before a command: writes its highest resident memory, in bytes, to the file that TINYSTORIES_PEAK names.
import { writeFileSync } from 'node:fs'

process.on('exit', () => {
  const path = process.env.TINYSTORIES_PEAK
  if (path !== undefined)
    writeFileSync(path, JSON.stringify({ bytes: process.resourceUsage().maxRSS * 1024 }))
})
