import './styles/base.css'
import './styles/parts.css'
import { render } from 'preact'
import { App } from './app.tsx'
import { followAddress } from './state/address.ts'
import { lookForWebGpu } from './state/engine.ts'
import { refreshShelf } from './state/models.ts'
import { keepForOffline } from './state/offline.ts'

followAddress()
render(<App />, document.getElementById('app')!)
lookForWebGpu()
void refreshShelf()
// Other tabs train and keep models, too.
addEventListener('focus', () => void refreshShelf())
keepForOffline()
