import { createHash } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { synthesizeStories } from '@tinystories/dataset/synthesis'
import { storyRubric } from '@tinystories/grader'
import { createChatClient } from '@tinystories/llm'
import { gptConfig, initParameterArrays } from '@tinystories/model'
import { checkFolder, gradeModel, prepareShards, pushModel, saveModel } from '@tinystories/pipeline'
import { createSweep, parseSweepSpec, retryFailures, runSweep, type TaskEvent } from '@tinystories/sweep'
import { type FaultyWork, withFaultyDisk } from '@tinystories/testing/faults'
import { startHubServer } from '@tinystories/testing/hub'
import { trainTokenizer } from '@tinystories/tokenizer'
import { Random } from '@tinystories/utils/random'
import { playJudge } from '../../../packages/grader/src/testing/play-judge.ts'
import { planTasks } from '../../../packages/sweep/src/tasks/plan-tasks.ts'
import { runTasks } from '../../../packages/sweep/src/tasks/run-tasks.ts'
import { TaskStore } from '../../../packages/sweep/src/tasks/task-store.ts'
import { faultyTraining } from '../../../packages/trainer/src/testing/faulty-training.ts'

const stories = Array.from(
  { length: 24 },
  (_, i) => `Mia had ${i} balls, red and blue. She gave ${i + 1} to Tom. Then they were happy.`,
)

/** What `tinystories check --repair` takes away. */
const leftover = /unfinished\.json$|\.tmp$|\.part$|\.lock$|lock\.json$|\.takeover$/

/** The SHA-256 of every file of a folder by its path, without those that `isLeftOut` says, and leftovers. */
async function filesOf(
  folder: string,
  isLeftOut: (path: string) => boolean = () => false,
): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const path = join(folder, name)
    if (leftover.test(name) || isLeftOut(name) || !(await stat(path)).isFile()) continue
    files[name] = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  }
  return files
}

/** A folder for what the cases read and do not write. */
const inputs = (): Promise<string> => mkdtemp(join(tmpdir(), 'faults-inputs-'))

/** `data prepare`: token shards of 200 tokens each, in parts for training and evaluation. */
async function shards(): Promise<FaultyWork> {
  const folder = await inputs()
  const [source, tokenizer] = [join(folder, 'stories.txt'), join(folder, 'tokenizer.json')]
  await writeFile(source, stories.join('\n<|endoftext|>\n'))
  await (await trainTokenizer(stories, { vocabSize: 280 })).save(tokenizer)
  return {
    async work(folder) {
      const options = {
        folder: join(folder, 'shards'),
        tokenizer,
        shardTokens: 200,
        heldOut: 0.2,
        workers: 0,
      }
      await prepareShards(source, options)
    },
    resultOf: filesOf,
  }
}

/** `grade`: completions of a file, judged by a played judge whose replies are cached and journalled. */
async function gradings(): Promise<FaultyWork> {
  const source = join(await inputs(), 'completions.jsonl')
  const lines = stories.slice(0, 4).map((story, i) => ({
    ...{ promptId: `p${i}`, prompt: story.slice(0, 9), trial: 0, completion: story.slice(9) },
  }))
  await writeFile(source, lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  const judge = (cacheDir: string) =>
    createChatClient({
      ...{ model: 'judge', baseURL: 'http://127.0.0.1:9/v1', apiKey: 'none', cacheDir },
      async fetch(_, init) {
        const { messages } = JSON.parse(String(init?.body))
        return Response.json({
          model: 'judge',
          choices: [
            { index: 0, message: { role: 'assistant', content: playJudge(messages) }, finish_reason: 'stop' },
          ],
          usage: { prompt_tokens: 3, completion_tokens: 9 },
        })
      },
    })
  return {
    async work(folder) {
      await gradeModel({
        ...{ source, rubric: storyRubric, folder: join(folder, 'grades'), name: 'model' },
        judge: { createJudge: () => judge(join(folder, 'replies')), concurrency: 1 },
      })
    },
    // Judgments may stand in the journal in another order, and a half-written reply beside the whole one.
    resultOf: folder => filesOf(join(folder, 'grades'), path => path.startsWith('journal')),
  }
}

/** `data synthesize`, with a client that always answers the same to the same. */
function synthesis(): FaultyWork {
  const vocabulary = Array.from(
    { length: 200 },
    (_, i) => `${'bcdfghklmn'[i % 10]}${'aeiou'[i % 5]}${'pqrstvwxyz'[((i / 10) % 10) | 0]}y`,
  )
  const client = {
    model: 'writer',
    async complete({ messages, trial }: { messages: { content: string }[]; trial: number }) {
      const words = [...messages[0]!.content.matchAll(/"([a-z]+)"/g)].map(([, word]) => word)
      const random = new Random(trial).stream(words.join())
      const pick = (): string => vocabulary[random.integer(vocabulary.length)]!
      const sentences = Array.from({ length: 12 }, () => `The ${pick()} ${pick()} saw a ${pick()} ${pick()}.`)
      const text = `Once there was a ${words.join(' and a ')}. ${sentences.join(' ')}`
      return { text, finishReason: 'stop', cost: 0.01 }
    },
  }
  return {
    async work(folder) {
      await synthesizeStories({
        ...{ client: client as never, out: join(folder, 'stories.jsonl'), count: 3, seed: 1, minWords: 5 },
        concurrency: 1,
      })
    },
    resultOf: filesOf,
  }
}

/** The error of the task that failed first. */
async function failureIn(work: (onEvent: (event: TaskEvent) => void) => Promise<unknown>): Promise<unknown> {
  const errors: unknown[] = []
  await work(event => {
    if (event.type === 'failed') errors.push(event.error)
  })
  return errors[0]
}

function throwFailure(error: unknown): void {
  if (error !== undefined) throw error
}

/** The queue of a sweep: tasks that depend on each other, each of which leaves a file. */
function tasks(): FaultyWork {
  const stage = (name: string, after: string[]) => ({
    ...{
      name,
      version: 1,
      after,
      settings: (cell: { name: string }) => (after.length > 0 ? cell.name : 'all'),
    },
    async run({ results }: { results: Readonly<Record<string, unknown>> }) {
      return { name, results: JSON.stringify(results) }
    },
  })
  const stages = [stage('prepare', []), stage('train', ['prepare']), stage('measure', ['train'])]
  return {
    async work(folder) {
      const store = new TaskStore(folder)
      const planned = planTasks([{ name: 'a' }, { name: 'b' }] as never, stages as never)
      for (const task of planned) if (await store.failure(task)) await store.forgetFailure(task)
      throwFailure(await failureIn(onEvent => runTasks(planned, { store, onEvent })))
    },
    resultOf: filesOf,
  }
}

/** A sweep of one small model, from the stories to the measures. */
async function sweep(): Promise<FaultyWork> {
  const data = join(await inputs(), 'stories.txt')
  await writeFile(data, stories.join('\n<|endoftext|>\n'))
  const spec = parseSweepSpec(
    {
      ...{
        name: 'small',
        data,
        context: 16,
        vocabSize: 280,
        batchSize: 2,
        tokens: 96,
        trials: 1,
        maxTokens: 8,
      },
      ...{ prompts: ['Mia had'], grids: [{ hidden: [8], layers: [1], heads: [1] }] },
    },
    'sweep',
  )
  return {
    async work(folder) {
      const at = join(folder, 'sweep')
      const opened = await createSweep(spec, at, { threads: 1 })
      await retryFailures(opened)
      throwFailure(await failureIn(onEvent => runSweep(opened, { onEvent })))
    },
    // Metrics hold times, and a checkpoint on the way that could not be written is only missing.
    resultOf: folder =>
      filesOf(
        join(folder, 'sweep'),
        path => !/result\.json$|model\.safetensors$|tokenizer\.json$/.test(path),
      ),
  }
}

/** `push`: a model that becomes one commit on a hub. */
async function push(): Promise<FaultyWork> {
  const source = join(await inputs(), 'model')
  const tokenizer = await trainTokenizer(stories, { vocabSize: 280 })
  const shape = { vocabSize: tokenizer.vocabSize, contextLength: 16, hiddenSize: 8, heads: 2, layers: 1 }
  const config = gptConfig('tinystories-1m', shape)
  await saveModel(source, { config, parameters: initParameterArrays(config, 1), tokenizer })
  const hub = await startHubServer({})
  hub.writers = { hf_owner: ['owner'] }
  return {
    async prepare(folder) {
      hub.repositories = {}
      hub.uploads.clear()
      await cp(source, join(folder, 'model'), { recursive: true })
    },
    async work(folder) {
      await pushModel({
        ...{ model: join(folder, 'model'), repository: 'owner/name', license: 'mit' },
        ...{ token: 'hf_owner', endpoint: hub.endpoint },
      })
    },
    async resultOf() {
      const { files = {} } = hub.repositories['owner/name'] ?? {}
      return Object.fromEntries(
        Object.entries(files).map(([name, content]) => [
          name,
          createHash('sha256').update(content).digest('hex'),
        ]),
      )
    },
  }
}

/** `check --repair` in folders whose processes were killed. */
async function check(): Promise<FaultyWork> {
  const source = await inputs()
  const killed = { shards: await shards(), gradings: await gradings(), tasks: tasks() }
  for (const [name, { work }] of Object.entries(killed))
    for (const operation of [25, 60])
      await withFaultyDisk(operation, 'kill', () =>
        work(join(source, `${name}-${operation}`)).catch(() => {}),
      )
  return {
    prepare: folder => cp(source, folder, { recursive: true }),
    async work(folder) {
      const { problems } = await checkFolder(folder, { repair: true })
      throwFailure(problems.find(({ repaired }) => !repaired)?.error)
    },
    async resultOf(folder) {
      const names = await readdir(folder, { recursive: true })
      // A temporary file that could not be removed is found by the next check.
      const locks = names.filter(name => /\.lock$|lock\.json$|\.takeover$/.test(name)).sort()
      return { files: await filesOf(folder), locks }
    },
  }
}

/** What is interrupted at every operation on files, by name. */
export const cases: Readonly<Record<string, () => FaultyWork | Promise<FaultyWork>>> = {
  training: () => faultyTraining(),
  'training-resumed': async () => faultyTraining(join(await inputs(), 'half')),
  shards,
  gradings,
  synthesis,
  tasks,
  sweep,
  push,
  check,
}

/** Cases of some milliseconds, of which `npm test` tries a sample. */
export const quickCases: readonly string[] = ['shards', 'gradings', 'synthesis', 'tasks', 'check']
