import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Browser, chromium, type Page } from 'playwright-core'

export type Theme = 'light' | 'dark'

/** The status page in a real browser, and everything it should not have done. */
export type OpenPage = {
  page: Page
  /** Errors of the page and of its console, and requests that went elsewhere. */
  faults(): string[]
  close(): Promise<void>
}

/** Debian's; `npm run test:long` installs it. */
export function launchBrowser(): Promise<Browser> {
  // Without a sandbox: the tests may run as root in a container, and show pages of ours only.
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
}

export async function openPage(browser: Browser, url: string, theme: Theme = 'light'): Promise<OpenPage> {
  const viewport = { width: 1320, height: 1000 }
  const context = await browser.newContext({ viewport, colorScheme: theme, reducedMotion: 'reduce' })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) faults.push(`request: ${request.url()}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`)
  })
  await page.goto(url)
  await page.locator('#live.on').waitFor()
  return { page, faults: () => faults, close: () => context.close() }
}

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

type Violation = { id: string; impact: string; help: string; nodes: { html: string }[] }

/** What axe calls serious or critical; a sentence each. */
export async function seriousIssues(page: Page): Promise<string[]> {
  // By the debugger: the policy of the page lets no script in.
  await page.evaluate(readFileSync(axeFile, 'utf8'))
  const { violations, passes } = await page.evaluate<{ violations: Violation[]; passes: unknown[] }>(
    'axe.run(document)',
  )
  expect(passes.length).to.be.above(10)
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html}`)
}

/** Keeps a picture of the whole page where SCREENSHOTS names a folder, for the documentation. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  const dir = process.env.SCREENSHOTS
  if (!dir) return
  await page.evaluate('document.activeElement.blur()')
  await page.screenshot({ path: join(dir, `${name}.png`), fullPage: true })
}
