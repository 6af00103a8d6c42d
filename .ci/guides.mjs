// Runs the guides of docs/guides as a reader would: each in a folder of its own, its files written, its commands executed.
// `node .ci/guides.mjs [name]`, from the root.
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join, resolve } from 'node:path'

const root = resolve('.')
// Inside of the repository, so that the packages are found as if they were installed.
const work = join(root, '.guides')
const wanted = process.argv[2]

/** Blocks of a guide: commands, and files named after the language. */
function blocksOf(text) {
  return [...text.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map(([, language, file, content]) => ({
    language,
    file,
    content,
  }))
}

/** A judge that finds every story middling, in the form that the rubric asks for. */
function startJudge() {
  const server = createServer(async (request, response) => {
    for await (const _ of request);
    const content = 'Grammar: 5/10, Creativity: 5/10, Consistency: 5/10, Age group: B (4-5)'
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 10, completion_tokens: 10 },
      }),
    )
  })
  return new Promise(done => server.listen(0, '127.0.0.1', () => done(server)))
}

function prepare(folder) {
  mkdirSync(join(folder, 'bin'), { recursive: true })
  const command = `#!/bin/sh\nexec "${process.execPath}" --conditions=@tinystories/source "${root}/apps/cli/src/main.ts" "$@"\n`
  writeFileSync(join(folder, 'bin/tinystories'), command)
  writeFileSync(
    join(folder, 'bin/node'),
    `#!/bin/sh\nexec "${process.execPath}" --conditions=@tinystories/source "$@"\n`,
  )
  for (const name of ['tinystories', 'node']) chmodSync(join(folder, 'bin', name), 0o755)
  const pick = (words, i) => words[i % words.length]
  const line = i => {
    const [animal, thing, place] = [
      pick(['cat', 'dog', 'bird', 'fox', 'duck'], i),
      pick(['ball', 'box', 'hat'], Math.floor(i / 5)),
      pick(['park', 'garden', 'lake', 'house'], Math.floor(i / 15)),
    ]
    return `One day, a little ${animal} went to the ${place}. It saw a red ${thing} there. "Whose ${thing} is this?" asked the ${animal}. Nobody knew. So the ${animal} took the ${thing} home and showed it to its mom. Mom said, "Let us find the child who lost it." They walked back to the ${place} and found a girl who was sad. Number ${i} was written on her ${thing}. She smiled and said thank you. The ${animal} was happy all day.`
  }
  for (const [name, from] of [
    ['stories', 0],
    ['more', 400],
    ['valid', 600],
  ])
    writeFileSync(
      join(folder, `${name}.txt`),
      Array.from({ length: 200 }, (_, i) => `${line(from + i)} ${line(from + i + 7)}`).join(
        '\n<|endoftext|>\n',
      ),
    )
}

rmSync(work, { recursive: true, force: true })
const judge = await startJudge()
const address = `http://127.0.0.1:${judge.address().port}/v1`
let failed = 0
for (const name of readdirSync('docs/guides').sort()) {
  if (wanted && !name.startsWith(wanted)) continue
  const folder = join(work, name.replace('.md', ''))
  prepare(folder)
  const began = performance.now()
  for (const { language, file, content } of blocksOf(readFileSync(join('docs/guides', name), 'utf8'))) {
    if (file) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), content)
    } else if (language === 'sh') {
      try {
        const script = content.replaceAll('http://localhost:11434/v1', address)
        await run(script, folder)
      } catch (error) {
        failed++
        console.error(`${name}: failed: ${content}\n${error.output ?? error.message}`)
        break
      }
    }
  }
  console.log(`${name}: ${((performance.now() - began) / 1000).toFixed(0)} s`)
}
judge.close()
rmSync(work, { recursive: true, force: true })
process.exitCode = failed === 0 ? 0 : 1

/** Not synchronous: the judge answers meanwhile. */
async function run(script, folder) {
  const child = spawn('sh', ['-e', '-c', script], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PATH: `${folder}/bin:${root}/node_modules/.bin:${process.env.PATH}`,
      XDG_CACHE_HOME: join(folder, 'cache'),
      NODE_OPTIONS: '',
    },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (output += text))
  const code = await new Promise(done => child.on('close', done))
  if (code !== 0) throw Object.assign(new Error(`exit code ${code}`), { output })
}
