import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

/**
 * Starts an empty registry on loopback for our packages alone; others come from where npm takes them.
 *
 * @param place `tools`: where verdaccio is installed; `folder`: where it may keep files
 * @returns the environment in which npm knows it, which ends with this process
 */
export async function startRegistry({ tools, folder }) {
  const home = join(folder, 'registry')
  mkdirSync(home)
  const port = await freePort()
  const address = `http://127.0.0.1:${port}/`
  const config = join(home, 'config.yaml')
  writeFileSync(
    config,
    `storage: ./storage
packages:
  '@tinystories/*': { access: $all, publish: $all }
max_body_size: 100mb
log: { type: stdout, level: warn }
`,
  )
  const program = join(tools, 'node_modules/verdaccio/bin/verdaccio')
  const child = spawn(process.execPath, [program, '-c', config, '-l', `127.0.0.1:${port}`], {
    stdio: 'ignore',
  })
  process.on('exit', () => child.kill())
  child.unref()
  const ended = new Promise((_, reject) =>
    child.on('exit', code => reject(new Error(`The registry ended with ${code}`))),
  )
  ended.catch(() => {})
  await Promise.race([isUp(`${address}-/ping`), ended])
  return {
    environment: {
      'npm_config_@tinystories:registry': address,
      // Any token: everybody may publish.
      [`npm_config_//127.0.0.1:${port}/:_authToken`]: 'rehearsal',
    },
  }
}

async function isUp(address) {
  for (;;) {
    const up = await fetch(address).then(
      ({ ok }) => ok,
      () => false,
    )
    if (up) return
    await new Promise(done => setTimeout(done, 200))
  }
}

function freePort() {
  return new Promise(done => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => done(port))
    })
  })
}
