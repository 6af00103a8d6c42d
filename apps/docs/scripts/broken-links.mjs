import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** Links and pictures of a site's pages that lead nowhere, with anchors inside of the site. */
export function brokenLinks(site) {
  const texts = new Map()
  const textOf = file => {
    if (!texts.has(file)) texts.set(file, readFileSync(file, 'utf8'))
    return texts.get(file)
  }
  const broken = []
  for (const page of globSync('**/*.html', { cwd: site })) {
    const path = join(site, page)
    for (const [, target] of textOf(path).matchAll(/(?:href|src)="([^"]+)"/g)) {
      if (/^(?:[a-z]+:|\/\/)/i.test(target)) continue
      const [, file, anchor] = /^([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/.exec(decodeURI(target))
      const to = file === '' ? path : resolve(site, dirname(page), file)
      if (!existsSync(to)) broken.push(`${page}: ${target}`)
      else if (anchor && to.endsWith('.html') && !textOf(to).includes(`id="${anchor}"`))
        broken.push(`${page}: ${target} (no such heading)`)
    }
  }
  return broken
}
