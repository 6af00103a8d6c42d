import './styles/base.css'
import './styles/parts.css'
import { render } from 'preact'
import { App } from './app.tsx'
import { lookForWebGpu } from './state/engine.ts'
import { loadShipped } from './state/models.ts'

void loadShipped()
render(<App />, document.getElementById('app')!)
lookForWebGpu()
