import { launchChromium, serveFolder } from '@tinystories/testing/browser'

/**
 * Opens a page of `npm create @tinystories` in Chromium and lets it write.
 *
 * @param folder the built page
 * @returns the story
 * @throws Error where the page fails, prints to the console, or asks another address for anything
 */
export async function readStory(folder) {
  const { url, close } = await serveFolder(folder)
  const browser = await launchChromium()
  const problems = []
  try {
    const page = await browser.newPage()
    page.on('pageerror', error => problems.push(error.message))
    page.on('console', message => problems.push(message.text()))
    page.on('request', request => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url)) problems.push(request.url())
    })
    await page.goto(url)
    await page.getByRole('button', { name: 'Write' }).click()
    await page.getByRole('status').getByText('The end.').waitFor({ timeout: 60_000 })
    const story = await page.locator('#story').textContent()
    if (story.length < 100) problems.push(`The story has ${story.length} letters: ${story}`)
    if (problems.length > 0) throw new Error(problems.join('\n'))
    return story
  } catch (error) {
    throw new Error(['The page does not write.', ...problems, error.message].join('\n'))
  } finally {
    await browser.close()
    await close()
  }
}
