import { basename } from 'node:path'
import type { ModelSummary } from '@tinystories/grader'
import { countParameters, type GptConfig } from '@tinystories/model'
import type { EvaluationResult, MetricsLine } from '@tinystories/trainer'
import { HubError, parseHubAddress } from '@tinystories/utils/hub'
import type { RunSettings } from '../run/run-settings.ts'
import { windowLength } from '../run/run-settings.ts'
import { isNamedSource } from '../source/is-named-source.ts'
import { markdownTable, markdownText, yamlText } from './card-text.ts'

/** What a card says besides what it finds. */
export interface CardOptions {
  /** Heading of the card. Default: the name of the run or of the model's folder. */
  name?: string | undefined
  /** An identifier as the hub has it, such as `mit`. Default: the card says that none is given. */
  license?: string | undefined
  /** `owner/name` where it will be on the hub. Default: left to be filled in. */
  repository?: string | undefined
}

/** The run that a card is made from. */
export interface CardRun {
  settings: RunSettings
  /** Of the data; see `fingerprints`. */
  fingerprint: string | undefined
  lines: readonly MetricsLine[]
  /** Of the best model on all held-out stories. */
  evaluation: EvaluationResult | undefined
}

/** What {@link modelCard} is made from. */
export interface CardContent extends CardOptions {
  name: string
  /** `transformers`, `onnx`, or `tinystories` for a model that only we open. */
  format: string
  config: GptConfig
  /** The token that stands before every story. */
  startToken: string | undefined
  run: CardRun | undefined
  grades: ModelSummary | undefined
}

/** Most rows of the curve. */
const CURVE_ROWS = 10

/** A model card of the hub: YAML front matter, then Markdown. Names and texts that others wrote are escaped. */
export function modelCard(content: CardContent): string {
  const { name, license, run, grades, config } = content
  const sections: [string, string | undefined][] = [
    ['Use', useOf(content)],
    ['Data', run && dataOf(run)],
    ['Training', run && recipeOf(run)],
    ['Curve', run && curveOf(run)],
    ['Evaluation', run?.evaluation && evaluationOf(run.evaluation)],
    ['Grades', grades && gradesOf(grades)],
    ['Intended use', intendedUse],
    ['Limits', limitsOf(config)],
    ['License', license === undefined ? 'Its author has named none yet.' : markdownText(license)],
  ]
  const { total } = countParameters(config)
  return [
    frontMatter(content),
    `# ${markdownText(name)}`,
    `A language model of ${thousands(total)} parameters that writes short stories, trained with TinyStories for TypeScript.`,
    ...sections.flatMap(([title, text]) => (text ? [`## ${title}`, text] : [])),
    '',
  ]
    .join('\n\n')
    .replace(/\n{3,}$/, '\n')
}

function frontMatter({ name, license, format, run, config }: CardContent): string {
  const dataset = run && hubDataset(run.settings.data)
  const isOwn = format === 'tinystories'
  const evaluation = run?.evaluation
  return [
    '---',
    // The hub wants an identifier, and has this one for a license that is not known.
    `license: ${yamlText(license ?? 'unknown')}`,
    'language:',
    '- en',
    ...(format === 'onnx' ? ['library_name: transformers.js'] : isOwn ? [] : ['library_name: transformers']),
    'pipeline_tag: text-generation',
    'tags:',
    ...[
      'tinystories',
      'story-generation',
      ...(format === 'onnx' ? ['onnx'] : []),
      ...(config.rotary ? ['rotary'] : []),
    ].map(tag => `- ${tag}`),
    ...(dataset === undefined ? [] : ['datasets:', `- ${yamlText(dataset)}`]),
    ...(evaluation ? ['metrics:', '- perplexity', '- accuracy'] : []),
    ...(evaluation
      ? [
          'model-index:',
          `- name: ${yamlText(name)}`,
          '  results:',
          '  - task:',
          '      type: text-generation',
          '    dataset:',
          `      type: ${yamlText(dataset ?? 'text')}`,
          `      name: ${yamlText(`held-out stories of ${dataName(run.settings)}`)}`,
          '    metrics:',
          ...Object.entries({
            bits_per_byte: evaluation.bitsPerByte,
            perplexity: evaluation.perplexity,
            accuracy: evaluation.accuracy,
          }).flatMap(([type, value]) => [`    - type: ${type}`, `      value: ${value}`]),
        ]
      : []),
    '---',
  ].join('\n')
}

function useOf({ format, startToken, repository = 'OWNER/NAME' }: CardContent): string {
  const before =
    startToken === undefined
      ? ''
      : `\n\nEvery story of the training began with the token ${code(startToken)}: put it before a prompt.`
  const prompt = `${startToken === undefined || /['\n`\\]/.test(startToken) ? '' : startToken}Once upon a time`
  if (format === 'onnx')
    return `${fence('js', [
      "import { pipeline } from '@huggingface/transformers'",
      `const write = await pipeline('text-generation', '${repository}')`,
      `const [{ generated_text }] = await write('${prompt}')`,
    ])}${before}`
  if (format === 'tinystories')
    return fence('sh', [
      'npm install --global @tinystories/cli',
      `tinystories generate --model hf://${repository} --prompt "Once upon a time"`,
    ])
  return `${fence('py', [
    'from transformers import pipeline',
    `write = pipeline('text-generation', '${repository}')`,
    `print(write('${prompt}')[0]['generated_text'])`,
  ])}${before}`
}

function dataOf({ settings, fingerprint, lines, evaluation }: CardRun): string {
  const last = lines.findLast(line => line.type === 'step')
  const seen = last && `${thousands(last.tokens)}`
  const heldOut =
    settings.valid === null
      ? `${Number((100 * settings.heldOut).toPrecision(3))} % of the stories`
      : markdownText(sourceName(settings.valid))
  const rows = [
    ['stories', markdownText(dataName(settings))],
    ['held out', heldOut],
    ...(fingerprint === undefined ? [] : [['fingerprint (SHA-256)', `\`${fingerprint}\``]]),
    ...(settings.tokensPerEpoch === null
      ? []
      : [['tokens of the stories', thousands(settings.tokensPerEpoch)]]),
    ...(seen === undefined ? [] : [['tokens seen in training', seen]]),
    ...(evaluation ? [['tokens held out', thousands(evaluation.tokens)]] : []),
    ['vocabulary', `${thousands(settings.model.vocabSize)} tokens`],
  ]
  return markdownTable(['data', ''], rows)
}

function recipeOf({ settings, lines }: CardRun): string {
  const { model, preset, optimizer, schedule, learningRate, weightDecay, batchSize, accumulate } = settings
  const last = lines.findLast(line => line.type === 'step')
  const rows = [
    ['preset', preset ?? 'none: it went on from another model'],
    ...(settings.from === null ? [] : [['began as', markdownText(sourceName(settings.from))]]),
    ['layers, width, heads', `${model.layers}, ${model.hiddenSize}, ${model.heads}`],
    ['context', `${model.contextLength} tokens`],
    ['optimizer', `${optimizer}, weight decay ${weightDecay}`],
    ['learning rate', `${learningRate}, ${schedule}, ${settings.warmupSteps} steps of warm-up`],
    ['batch', `${batchSize * accumulate} windows of ${windowLength(settings)} tokens`],
    ...(last ? [['steps', thousands(last.step)]] : []),
    ['seed', String(settings.seed)],
  ]
  return markdownTable(['recipe', ''], rows)
}

/** Held-out and training loss at some of the evaluations, the last one among them. */
function curveOf({ lines }: CardRun): string | undefined {
  const evaluations = lines.filter(line => line.type === 'evaluation')
  if (evaluations.length === 0) return undefined
  const every = Math.ceil(evaluations.length / CURVE_ROWS)
  const shown = evaluations.filter((_, i) => (evaluations.length - 1 - i) % every === 0)
  const rows = shown.map(({ step, bitsPerByte }) => {
    const at = lines.findLast(line => line.type === 'step' && line.step <= step)
    const training = at?.type === 'step' ? bits(at.bitsPerByte) : ''
    return [thousands(step), training, bits(bitsPerByte)]
  })
  return markdownTable(['step', 'training, bits per byte', 'held out, bits per byte'], rows)
}

function evaluationOf({ bitsPerByte, perplexity, accuracy, tokens }: EvaluationResult): string {
  const rows = [
    ['bits per byte of text', bits(bitsPerByte)],
    ['perplexity per token', perplexity.toFixed(2)],
    ['next token right', `${(100 * accuracy).toFixed(1)} %`],
  ]
  return `On all held-out stories, ${thousands(tokens)} tokens. Bits per byte can be compared between vocabularies, perplexity cannot.\n\n${markdownTable(['measure', ''], rows)}`
}

function gradesOf({ judge, completions, criteria }: ModelSummary): string {
  const rows = criteria
    .filter(({ estimate }) => Number.isFinite(estimate.mean))
    .map(({ label, min, max, estimate: { mean, interval } }) => [
      markdownText(label),
      mean.toFixed(2),
      Number.isFinite(interval[0]) ? interval.map(end => end.toFixed(2)).join(' to ') : '',
      `${min} to ${max}`,
    ])
  return `Given by ${markdownText(judge)} to ${completions} completions.\n\n${markdownTable(['criterion', 'mean', '95 % interval', 'scale'], rows)}`
}

const intendedUse =
  'Research and teaching: what small models learn, how they are trained, and looking inside them. It continues short English stories of the kind that it was trained on.'

const limitsOf = ({ contextLength }: GptConfig): string =>
  `It knows nothing but such stories: no facts, no instructions beyond its training, no other language. It sees ${contextLength} tokens at a time, and repeats itself and contradicts itself. What it writes has not been checked, and is not for children without someone who reads it first.`

/** A data set of the hub that the stories came from. */
function hubDataset(data: string): string | undefined {
  if (!data.startsWith('hf://')) return undefined
  try {
    return parseHubAddress(data, { kind: 'dataset' }).repository
  } catch (error) {
    if (HubError.isInstance(error)) return undefined
    throw error
  }
}

function dataName({ data }: RunSettings): string {
  return data === 'sample' ? 'the small corpus that TinyStories for TypeScript ships' : sourceName(data)
}

/** A source as strangers may read it: of a path its last part, of an address nothing that may be secret. */
function sourceName(source: string): string {
  if (!isNamedSource(source)) return basename(source)
  return source.replace(/[?#].*/s, '').replace(/\/\/[^/]*@/, '//')
}

const bits = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : 'diverged')
const thousands = (value: number): string => value.toLocaleString('en-US')
const code = (text: string): string => `<code>${markdownText(text)}</code>`

function fence(language: string, lines: readonly string[]): string {
  return `\`\`\`${language}\n${lines.join('\n')}\n\`\`\``
}
