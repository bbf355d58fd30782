import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { ruleGroups, usualIntervalMs } from '../../scripts/telemetry/rules.ts'
import { type Manifest, ofKind } from './objects.ts'
import { helmText, kustomizeDir, parse } from './render.ts'

const component = fileURLToPath(new URL('../components/alerts', import.meta.url))

/** The component alone, as somebody would add it. */
async function byKustomize(): Promise<Manifest[]> {
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-kustomize-'))
  try {
    writeFileSync(join(dir, 'kustomization.yaml'), `components: [${relative(dir, component)}]\n`)
    return parse(await kustomizeDir(dir))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

describe('the alert rules of the Prometheus Operator', function () {
  this.timeout(20_000)

  it('are the same by kustomize and by the chart, and hold for the usual interval', async () => {
    for (const manifests of [await byKustomize(), parse(await helmText(['alerts.enabled=true']))]) {
      const [rule, ...others] = ofKind(manifests, 'PrometheusRule') as [Manifest]
      expect(others).to.deep.equal([])
      expect(rule.metadata.namespace).to.equal('kube-system')
      expect(rule.spec).to.deep.equal(ruleGroups(usualIntervalMs))
    }
  })

  it('are not there unless asked for', async () => {
    expect(ofKind(parse(await helmText()), 'PrometheusRule')).to.deep.equal([])
  })
})
