/** Filter and search: shows the completions that fit, and says how many. Without JavaScript all are shown. */
export const htmlScript = `
(() => {
  const byId = id => document.getElementById(id)
  const items = [...document.querySelectorAll('.item')].map(element => ({ element, text: element.textContent.toLowerCase() }))
  const controls = ['search', 'model', 'criterion', 'least', 'most', 'state'].map(byId)
  const [search, model, criterion, least, most, state] = controls
  const limit = 100
  let shown = limit
  const apply = () => {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean)
    let fitting = 0
    for (const { element, text } of items) {
      const { scores } = element.dataset
      const score = criterion.value === '' ? undefined : JSON.parse(scores)[criterion.value]
      const fits =
        (model.value === '' || element.dataset.model === model.value) &&
        (state.value === '' || element.dataset.state.split(' ').includes(state.value)) &&
        (criterion.value === '' || (score !== undefined && (least.value === '' || score >= Number(least.value)) && (most.value === '' || score <= Number(most.value)))) &&
        words.every(word => text.includes(word))
      if (fits) fitting++
      element.hidden = !fits || fitting > shown
    }
    byId('count').textContent = fitting + ' of ' + items.length + ' completions' + (fitting > shown ? ', the first ' + shown + ' shown' : '')
    byId('more').hidden = fitting <= shown
  }
  for (const control of controls) control.addEventListener('input', () => { shown = limit; apply() })
  byId('more').addEventListener('click', () => { shown += limit; apply() })
  addEventListener('beforeprint', () => { shown = Infinity; apply() })
  byId('filters').addEventListener('submit', event => event.preventDefault())
  byId('filters').hidden = false
  apply()
})()
`
