export { buildPage } from './build-page.ts'
export { chromiumPath, type LaunchOptions, launchChromium, whyNoChromium } from './chromium.ts'
export { type ServedFolder, type ServeOptions, serveFolder } from './serve-folder.ts'
