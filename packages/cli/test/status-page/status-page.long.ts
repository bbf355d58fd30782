import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort } from '@metrics-ring/common/testing/free-port'
import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { complete, type Installation, install, intervalMs, settled, until } from '../whole/installation.ts'
import { keepScreenshot, launchBrowser, type OpenPage, openPage, seriousIssues } from './browser.ts'

/** What the browser's own types would say of an SVGPathElement. */
type Path = { getTotalLength(): number }

const background = 'getComputedStyle(document.body).backgroundColor'
const nodes = 20
const failing = 'node-0011'
const wanted = 'node-0007'

describe('the status page of 20 nodes and three shards, in a browser', function () {
  this.timeout(200_000)
  let all: Installation
  let browser: Browser
  let opened: OpenPage
  let page: Page

  before(async () => {
    const adminPort = await freePort()
    browser = await launchBrowser()
    all = await install({
      nodes,
      podsPerNode: 5,
      shards: 3,
      frontends: 1,
      frontendArgs: [`--admin-port=${adminPort}`],
    })
    await complete(all)
    opened = await openPage(browser, `http://127.0.0.1:${adminPort}/ring`)
    page = opened.page
  })
  after(async () => {
    await browser?.close()
    await all?.stop()
  })

  const texts = (selector: string) => page.locator(selector).allTextContents()
  const arcs = () =>
    page.locator('#ring .arc').evaluateAll((all) => all.map((arc) => arc.getAttribute('data-shard') ?? ''))
  /** Nodes by shard, as the table says. */
  async function shares(): Promise<Record<string, number>> {
    const [names, counts] = [await texts('#shards th'), await texts('#shards td:nth-child(2)')]
    return Object.fromEntries(names.map((name, i) => [name, Number(counts[i])]))
  }
  /** Ticks of the ring in these states. */
  const ticks = (...states: string[]) =>
    page
      .locator(states.map((state) => `#ring .tick.state-${state}`).join())
      .evaluateAll((all) =>
        all.reduce((sum, path) => sum + (path.getAttribute('d') ?? '').split('M').length - 1, 0),
      )
  const verdict = () => page.locator('#node-verdict').innerText()
  const fact = (name: string) =>
    page
      .locator('#node-facts > div', { has: page.locator(`dt:text-is("${name}")`) })
      .locator('dd')
      .innerText()
  const eventually = (is: () => Promise<boolean>, what: string, intervals = 40) =>
    until(async () => ((await is()) ? [] : [what]), intervals * intervalMs)

  it('shows an arc for each shard, in proportion to the nodes it owns, and a tick and a cell for each node', async () => {
    const owned = Object.fromEntries((await settled(all)).map(({ shard, own }) => [shard, own]))
    await eventually(
      async () => JSON.stringify(await shares()) === JSON.stringify(owned),
      `the table of shards is not ${JSON.stringify(owned)}`,
    )
    expect(await arcs()).to.deep.equal(Object.keys(owned))
    const lengths = await page
      .locator('#ring .arc')
      .evaluateAll((all) => all.map((arc) => (arc as unknown as Path).getTotalLength()))
    const perNode = Object.values(owned).map((own, i) => (lengths[i] ?? 0) / own)
    expect(Math.max(...perNode) / Math.min(...perNode)).to.be.below(1.2)
    expect(await ticks('young', 'due', 'missed', 'late', 'stale', 'never')).to.equal(nodes)
    const cells = await page
      .locator('#heat .cell')
      .evaluateAll((all) => all.map((path) => (path.getAttribute('d') ?? '').split('M').length - 1))
    expect(cells.reduce((a, b) => a + b, 0)).to.equal(nodes)
    await page.locator('#ages summary').click()
    const counts = () => texts('#ages td:nth-child(2)')
    await eventually(
      async () => (await counts()).reduce((sum, count) => sum + Number(count), 0) === nodes,
      'no ages',
    )
    await page.locator('#ages summary').click()
  })

  it('counts nodes and pods as they are', async () => {
    await eventually(async () => (await texts('#tiles .value'))[3] === '100 %', 'not all pods are served')
    expect((await texts('#tiles .value')).slice(0, 2)).to.deep.equal(['20', '0'])
    expect((await texts('#tiles .faint'))[3]).to.equal('100 of 100')
  })

  it('draws scrapes, requests, ages and completeness over time, and gives them as a table', async () => {
    // The API is asked all the time by the aggregation layer's user; here, once more.
    for (let i = 0; i < 3; i++) await all.api.names('pods')
    expect(await page.locator('#charts canvas').count()).to.equal(4)
    await page.locator('#history summary').click()
    const rate = async () => Number((await texts('#history td:nth-child(2)'))[1])
    await eventually(async () => Math.abs((await rate()) - nodes / 3) < 2, 'scrapes a second are not 6.7')
    await eventually(
      async () => (await texts('#history td:nth-child(5)')).some((p99) => Number(p99) > 0),
      'no request was measured',
    )
    await page.locator('#history summary').click()
  })

  for (const theme of ['light', 'dark'] as const) {
    it(`has no serious issue for axe when it is ${theme}`, async () => {
      const other = await openPage(browser, page.url(), theme)
      const body = await other.page.evaluate<string>(background)
      expect(body).to.equal(theme === 'light' ? 'rgb(244, 245, 247)' : 'rgb(14, 17, 22)')
      for (const id of ['ages', 'history']) await other.page.locator(`#${id} summary`).click()
      await other.page.locator('#worst button').first().click()
      expect(await seriousIssues(other.page)).to.deep.equal([])
      expect(other.faults()).to.deep.equal([])
      await other.close()
    })
  }

  it('changes its theme at the press of a button, and remembers it', async () => {
    const other = await openPage(browser, page.url())
    const shown = () => other.page.evaluate<string>(background)
    for (const _ of ['light', 'dark']) await other.page.locator('#theme').click()
    expect(await shown()).to.equal('rgb(14, 17, 22)')
    await other.page.reload()
    expect(await shown()).to.equal('rgb(14, 17, 22)')
    await other.close()
  })

  it('finds a node by keyboard alone: who scrapes it, and when it last did', async () => {
    for (let i = 0; i < 3 && (await focused()) !== 'find'; i++) await page.keyboard.press('Tab')
    expect(await focused()).to.equal('find')
    await page.keyboard.type(wanted.slice(2))
    expect(await texts('#found [role=option]')).to.deep.equal([wanted])
    await page.keyboard.press('ArrowDown')
    expect(await page.locator('#find').getAttribute('aria-activedescendant')).to.equal('found-0')
    await page.keyboard.press('Enter')
    expect(await page.locator('#node-name').innerText()).to.equal(wanted)
    expect(await focused()).to.equal('node-name')
    expect(await fact('Scraped by')).to.be.oneOf(all.deployment.shards().map(({ name }) => name))
    expect(await fact('Last scraped')).to.match(/^\d+\.\d s ago/)
    await page.keyboard.press('Escape')
    expect(await page.locator('#node').isVisible()).to.equal(false)
    expect(await focused()).to.equal('find')
  })
  const focused = () => page.evaluate<string>('document.activeElement.id')

  it('is walked through by arrow keys on the heat map, which says each node aloud', async () => {
    await page.locator('#heat').focus()
    await page.keyboard.press('Home')
    for (let i = 0; i < 7; i++) await page.keyboard.press('ArrowRight')
    expect(await page.locator('#heat-cell').innerText()).to.match(
      new RegExp(`^${wanted}, [0-9.]+ s · shard-\\d$`),
    )
    await page.keyboard.press('Enter')
    expect(await page.locator('#node-name').innerText()).to.equal(wanted)
  })

  it('says why a node is not scraped, and that it is again', async () => {
    all.cluster.kubelets.setFault(failing, { kind: 'refuse' })
    await search(failing)
    await eventually(
      async () => (await page.locator('#node-verdict').innerText()).includes('refused'),
      'no reason',
    )
    expect(await fact('Why not')).to.match(/^refused: .*check that the kubelet runs/)
    const row = page.locator('#worst tr', { has: page.locator(`[data-node=${failing}]`) })
    expect(await row.innerText()).to.include('refused')
    await eventually(async () => (await texts('#tiles .value'))[1] === '1', 'no node fails')
    const said = await watchStatus(`--node=${failing}`)
    expect(said).to.match(
      new RegExp(`^${failing} was scraped .* ago by shard-\\d\n  since then shard-\\d failed: refused: `),
    )
    expect(said).to.match(
      /\n\d+\.\d scrapes a second\n100 of 100 running pods served \(100 %\); listed in \d+ ms\n/,
    )
    expect(said).to.match(new RegExp(`\n${failing} .* refused: `))
    all.cluster.kubelets.setFault(failing, undefined)
    await eventually(async () => (await texts('#tiles .value'))[1] === '0', 'a node still fails')
    await eventually(async () => (await verdict()).startsWith('Scraped in time'), 'it is not in time')
  })

  /** What `metrics-ring status --watch` prints the second time. */
  async function watchStatus(...args: string[]): Promise<string> {
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
    const about = [`--kubeconfig=${all.cluster.kubeconfigPath}`, '--ring-name=demo', '--metric-resolution=3s']
    const options = { env: { ...process.env, REDIS_URL: all.redis.url } }
    const status = spawn(process.execPath, [main, 'status', '--watch', ...about, ...args], options)
    try {
      let text = ''
      for await (const chunk of status.stdout) {
        text += chunk
        const printed = text.split(new RegExp(`^(?=${failing} was)`, 'm'))
        if (printed.length > 2) return printed[1] ?? ''
      }
      throw new Error(`status ended: ${text}`)
    } finally {
      status.kill()
    }
  }
  async function search(node: string) {
    await page.keyboard.press('Escape')
    await page.keyboard.press('/')
    await page.keyboard.type(node)
    await page.keyboard.press('Enter')
  }

  it('takes away the arc of a killed shard: its nodes are on the arcs of the others', async () => {
    await page.keyboard.press('Escape')
    await page.locator('#find').fill('')
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme })
      await keepScreenshot(page, `status-page-20-${theme}`)
    }
    await page.emulateMedia({ colorScheme: 'light' })
    await search(wanted)
    const owner = await fact('Scraped by')
    all.deployment
      .shards()
      .find(({ name }) => name === owner)
      ?.signal('SIGKILL')
    await eventually(async () => !(await arcs()).includes(owner), `${owner} still has an arc`)
    expect(await arcs()).to.have.lengthOf(2)
    expect(Object.keys(await shares())).not.to.include(owner)
    expect(Object.values(await shares()).reduce((a, b) => a + b, 0)).to.equal(nodes)
    expect(await fact('Scraped by')).to.not.equal(owner)
    await eventually(async () => (await verdict()).startsWith('Scraped in time'), 'it is not in time')
  })

  it('colours all nodes late and all shards silent when no shard is left, and in time when one comes', async () => {
    for (const shard of all.deployment.shards()) shard.signal('SIGKILL')
    await eventually(async () => (await ticks('late', 'stale')) === nodes, 'some nodes are not late')
    expect(await ticks('young', 'due', 'missed')).to.equal(0)
    expect(await page.locator('#ring .arc.silent').count()).to.equal(2)
    expect(await page.locator('#node-verdict').innerText()).to.match(/^Late: .* its shard is silent/)
    const { name } = await all.deployment.addShard()
    await eventually(async () => (await arcs()).join() === name, `${name} has not all nodes`)
    await eventually(async () => (await ticks('young', 'due', 'missed')) === nodes, 'some nodes are late')
  })

  it('says so when it hears no more, and goes on by itself when the frontend is back', async () => {
    const before = opened.faults().length
    const [frontend] = all.deployment.frontends()
    if (!frontend) throw new Error('there is no frontend')
    frontend.signal('SIGKILL')
    await page.locator('#live.off').waitFor()
    await frontend.exited
    all.deployment.restartFrontend(frontend)
    await page.locator('#live.on').waitFor({ timeout: 120_000 })
    await eventually(async () => (await ticks('young', 'due', 'missed')) === nodes, 'some nodes are late')
    // While nobody listens the browser itself tells the console of it.
    const since = opened.faults().splice(before)
    expect(
      since.filter(
        (fault) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET/.test(fault),
      ),
    ).to.deep.equal([])
  })

  it('has left nothing in the console and asked nobody else', () => {
    expect(opened.faults()).to.deep.equal([])
  })
})
