import { type GenerateTextOptions, generateText } from '@tinystories/model/generation'
import { loadModel } from './load-model.ts'

const form = document.querySelector('form')!
const button = document.querySelector('button')!
const story = document.querySelector('#story')!
const status = document.querySelector('#status')!
let writing: AbortController | undefined

// The folder lies in `public`: put another model there, and the page writes with it.
loadModel('model').then(loaded => {
  form.addEventListener('submit', event => {
    event.preventDefault()
    if (writing) writing.abort()
    else void write(loaded)
  })
  button.disabled = false
  status.textContent = 'Ready.'
}, showError)

async function write(loaded: Omit<GenerateTextOptions, 'prompt'>): Promise<void> {
  writing = new AbortController()
  const { signal } = writing
  const fields = new FormData(form)
  const prompt = String(fields.get('prompt')).trim()
  button.textContent = 'Stop'
  status.textContent = 'Writing …'
  story.textContent = prompt
  try {
    const settings = { temperature: Number(fields.get('temperature')), topP: 0.95, maxTokens: 300, signal }
    for await (const piece of generateText({ ...loaded, prompt, beginStory: true, ...settings })) {
      story.textContent += piece
      // One piece a frame, so that the page is drawn and answers meanwhile.
      await new Promise(requestAnimationFrame)
    }
    status.textContent = 'The end.'
  } catch (error) {
    if (signal.aborted) status.textContent = 'Stopped.'
    else showError(error)
  } finally {
    writing = undefined
    button.textContent = 'Write'
  }
}

function showError(error: unknown): void {
  status.textContent = error instanceof Error ? error.message : String(error)
}
