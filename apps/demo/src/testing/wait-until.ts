import type { Locator, Page } from './demo-browser.ts'

/**
 * Waits until a value that is read from a page is accepted, as long as the page is open.
 *
 * @param what what is waited for, for the error
 * @returns the accepted value
 */
export async function waitUntil<T>(
  page: Page,
  what: string,
  read: () => Promise<T>,
  accept: (value: T) => boolean,
): Promise<T> {
  let value: T | undefined
  try {
    for (;;) {
      value = await read()
      if (accept(value)) return value
      await page.waitForTimeout(50)
    }
  } catch (error) {
    throw new Error(`Waited in vain until ${what}; at last it was ${JSON.stringify(value)}`, { cause: error })
  }
}

/** Waits until one of the elements has a text; the error lists the texts that they have. */
export async function sees(page: Page, elements: Locator, text: RegExp): Promise<void> {
  await waitUntil(
    page,
    `an element has the text ${text}`,
    () => elements.allTextContents(),
    texts => texts.some(each => text.test(each)),
  )
}
