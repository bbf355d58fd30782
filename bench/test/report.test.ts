import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { makeReport, withSection } from '../report/report.ts'
import { ratioRow, row, table, unlessBusy } from '../rows.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(root + path, 'utf8')

describe('bench report', () => {
  it('says in the documents and plots what the kept results say', () => {
    const { files, sections } = makeReport()
    for (const [path, text] of Object.entries(files)) expect(read(path), path).to.equal(text)
    for (const { file, name, text } of sections) {
      expect(withSection(read(file), name, text), `${file}, ${name}: npm run bench -- report`).to.equal(
        read(file),
      )
    }
  })

  it('refuses a document without the markers of its section', () => {
    expect(() => withSection('# A page', 'compare', 'text')).to.throw('bench: compare')
  })
})

describe('bench rows', () => {
  const half = { is: '<=', value: 0.5 } as const

  it('passes a ratio within its target only', () => {
    expect(ratioRow('a', { ours: 1, theirs: 2 }, 's', half)).to.include({ ratio: 0.5, peer: 2, pass: true })
    expect(ratioRow('a', { ours: 1.2, theirs: 2 }, 's', half)).to.include({ ratio: 0.6, pass: false })
  })

  it('never passes what was not measured, on either side', () => {
    expect(ratioRow('a', { ours: 1, theirs: undefined }, 's', half)).to.include({
      peer: 'not measured',
      pass: false,
    })
    expect(ratioRow('a', { ours: undefined, theirs: 1 }, 's', half)).to.include({
      value: 'not measured',
      pass: false,
    })
    expect(row('a', undefined, 's', half)).to.include({ value: 'not measured', pass: false })
  })

  it('takes no latency of a busy machine', () => {
    expect(unlessBusy(row('a', 0.1, 's', half), 0.19)).to.include({ value: 'invalid', pass: false })
    expect(unlessBusy(row('a', 0.1, 's', half), 0.2)).to.include({ value: 0.1, pass: true })
  })

  it('shows the ratio in the table', () => {
    expect(table([ratioRow('a', { ours: 1, theirs: 2 }, 's', half)])).to.match(
      /a +1 +s +2 +0.5 +<= 0.5 x +pass/,
    )
  })
})
