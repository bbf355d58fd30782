import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { type RingOfMany, startRingOfMany } from '../../../frontend/test/admin/ring-of-many.ts'
import { until } from '../whole/installation.ts'
import { keepScreenshot, launchBrowser, type OpenPage, openPage, seriousIssues } from './browser.ts'

const nodes = 5_000
const silent = 'metrics-ring-shard-6d9f7c5b84-p4m9z'
const shards = ['x7k2q', 'p4m9z', 'h8v3c', 't5w6n', 'b2j7r'].map(
  (end) => `metrics-ring-shard-6d9f7c5b84-${end}`,
)
const reason =
  'timeout: no answer within 10 s from 10.0.3.17:10250 (check network policies and firewalls, and whether the kubelet is overloaded)'

describe('the status page of 5,000 nodes, in a browser', function () {
  this.timeout(200_000)
  let ring: RingOfMany
  let browser: Browser
  let opened: OpenPage
  let page: Page

  before(async () => {
    browser = await launchBrowser()
    ring = await startRingOfMany(nodes, shards)
    opened = await openPage(browser, ring.url)
    page = opened.page
  })
  after(async () => {
    await browser?.close()
    await ring?.stop()
  })

  const ticks = (...states: string[]) =>
    page
      .locator(states.map((state) => `#ring .tick.state-${state}`).join())
      .evaluateAll((all) =>
        all.reduce((sum, path) => sum + (path.getAttribute('d') ?? '').split('M').length - 1, 0),
      )

  it('shows each of them', async () => {
    const values = () => page.locator('#tiles .value').allTextContents()
    await until(async () => ((await values()).includes('100 %') ? [] : ['not all pods are served']), 120_000)
    expect(await page.locator('#ring .count').textContent()).to.equal('5,000')
    expect(await ticks('young', 'due', 'missed', 'late', 'stale')).to.equal(nodes)
    expect(await page.locator('#ring .arc').count()).to.equal(5)
    expect(await page.locator('#ring').getAttribute('aria-label')).to.match(/^Ring of 5,000 nodes: /)
  })

  it('finds one among them, and marks it in both pictures', async () => {
    await page.keyboard.press('/')
    await page.keyboard.type('4321')
    await page.keyboard.press('Enter')
    expect(await page.locator('#node-name').innerText()).to.equal('node-4321')
    expect(await page.locator('#ring .chosen, #heat .chosen').count()).to.equal(2)
    await page.keyboard.press('Escape')
  })

  it('is drawn anew in far less time than lies between two messages', async () => {
    const longest = await page.evaluate<number>(`new Promise((resolve) => {
      let most = 0
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) most = Math.max(most, duration)
      }).observe({ entryTypes: ['longtask'] })
      setTimeout(() => resolve(most), 7_000)
    })`)
    console.log(`      longest task of the page: ${longest} ms`)
    expect(longest).to.be.below(2_000)
  })

  it('tells of the changes of two seconds in a few kilobytes', async () => {
    const client = await page.context().newCDPSession(page)
    const sizes: number[] = []
    client.on('Network.eventSourceMessageReceived', ({ data }) => sizes.push(data.length))
    await client.send('Network.enable')
    await until(() => (sizes.length < 3 ? ['waiting for messages'] : []), 20_000)
    console.log(`      messages of ${sizes.join(', ')} characters`)
    expect(Math.min(...sizes)).to.be.below(40_000)
  })

  it('stands out what is wrong, light and dark, and axe finds no serious issue in it', async () => {
    ring.silence(silent)
    ring.fail(
      ring.nodes.filter((_, n) => n % 400 === 17),
      reason,
    )
    await until(async () => ((await ticks('late')) > 500 ? [] : ['too few nodes are late']), 120_000, 1_000)
    expect(await page.locator('#ring .arc.silent').getAttribute('data-shard')).to.equal(silent)
    await page.keyboard.press('/')
    await page.keyboard.type('node-0417')
    await page.keyboard.press('Enter')
    expect(await page.locator('#node-facts').innerText()).to.include('timeout: no answer within 10 s')
    expect(await seriousIssues(page)).to.deep.equal([])
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme })
      await keepScreenshot(page, `status-page-5000-${theme}`)
    }
    expect(opened.faults()).to.deep.equal([])
  })
})
