import { render } from 'preact'

render(<main>TinyStories</main>, document.getElementById('app')!)
