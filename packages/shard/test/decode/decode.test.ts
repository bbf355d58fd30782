import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { decode as decodeColumns } from '../../src/decode/decode.ts'
import { decodeObjects as decode } from './decode-objects.ts'

const RECEIVED_MS = 1_700_000_000_000
const vectors = new URL('../vectors/', import.meta.url)

const decodeText = (text: string) => decode(Buffer.from(text), RECEIVED_MS)
const labels = (container = 'c', pod = 'p', namespace = 'n') =>
  `{container="${container}",namespace="${namespace}",pod="${pod}"}`
const cpu = (value: string, rest = '') => `container_cpu_usage_seconds_total${labels()} ${value}${rest}\n`
const memory = (value: string, rest = '') => `container_memory_working_set_bytes${labels()} ${value}${rest}\n`
const pointOf = (text: string) => decodeText(text).sample.pods[0]?.containers[0]?.point
const json = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each)))

describe('decode', () => {
  for (const name of ['kubelet-resource', 'windows', 'virtual-kubelet', 'old-kubelet']) {
    it(`reads the golden answer of ${name}`, () => {
      const body = readFileSync(new URL(`${name}.prom`, vectors))
      const golden = JSON.parse(readFileSync(new URL(`${name}.golden.json`, vectors), 'utf8'))
      expect(json(decode(body, RECEIVED_MS))).to.deep.equal(golden)
      expect(json(decode(new Uint8Array(body), RECEIVED_MS))).to.deep.equal(golden)
      const windowsLines = Buffer.from(body.toString().replaceAll('\n', '\r\n'))
      expect(json(decode(windowsLines, RECEIVED_MS))).to.deep.equal(golden)
      const measured = Buffer.concat([body, Buffer.from('# EOF\n')])
      expect(json(decode(measured, RECEIVED_MS))).to.deep.equal(golden)
    })
  }

  it('keeps CPU exact to the nanosecond, also beyond 2^53', () => {
    expect(pointOf(cpu('9007199.254740993') + memory('1'))?.cpuNs).to.equal(9007199254740993n)
    expect(pointOf(cpu('1.8446744073709551615e+10') + memory('1'))?.cpuNs).to.equal(2n ** 64n - 1n)
    expect(pointOf(cpu('0.1234567899') + memory('1'))?.cpuNs).to.equal(123456789n)
    expect(pointOf(cpu('1.5e-10') + memory('1'))?.cpuNs).to.equal(0n)
  })

  it('cuts fractions of bytes and of milliseconds', () => {
    const start = `container_start_time_seconds${labels()} 1633253750.1239\n`
    const point = pointOf(cpu('1') + memory('1024.9') + start)
    expect(point).to.include({ memoryBytes: 1024, startMs: 1633253750123 })
  })

  it('stamps a point as its CPU is stamped, or as received where the kubelet gives no time', () => {
    expect(pointOf(cpu('1', ' 1000') + memory('1', ' 2000'))?.timestampMs).to.equal(1000)
    expect(pointOf(cpu('1') + memory('1', ' 2000'))?.timestampMs).to.equal(RECEIVED_MS)
  })

  it('counts each line it does not understand and loses that line only', () => {
    const bad = [
      ...['NaN', '+Inf', '-Inf', '-1', 'one', '', '1e', '0x10', '1_000', '1.2.3', '1e99'].map((value) =>
        cpu(value),
      ),
      memory('9007199254740992'),
      ...[' -5', ' 1.5', ' 1e3', ' 99999999999999999', ' 5 6', 'x'].map((rest) => cpu('1', rest)),
      'container_cpu_usage_seconds_total 1\n',
      'container_cpu_usage_seconds_total{pod="p",namespace="n"} 1\n',
      'container_cpu_usage_seconds_total{container="",namespace="n",pod="p"} 1\n',
      `container_cpu_usage_seconds_total{container="${'x'.repeat(1025)}",namespace="n",pod="p"} 1\n`,
      'container_cpu_usage_seconds_total{container="a",container="b",namespace="n",pod="p"} 1\n',
      'container_cpu_usage_seconds_total{container="a\\t",namespace="n",pod="p"} 1\n',
      'container_cpu_usage_seconds_total{container="a" namespace="n",pod="p"} 1\n',
      'container_cpu_usage_seconds_total{container="a,namespace="n",pod="p"} 1\n',
      'container_cpu_usage_seconds_total{container=a,namespace="n",pod="p"} 1\n',
      'container_cpu_usage_seconds_total{container="a",namespace="n",pod="p" 1\n',
      'container_cpu_usage_seconds_total{container="a",namespace="n",pod="p\n',
      '<html>\n',
      '{}\n',
    ]
    const good = cpu('2', ' 7') + memory('3', ' 7')
    for (const line of bad) {
      const decoded = decodeText(line + good)
      expect(decoded.malformedLines, line).to.equal(1)
      expect(decoded.sample.pods, line).to.deep.equal([
        {
          namespace: 'n',
          name: 'p',
          containers: [{ name: 'c', point: { timestampMs: 7, cpuNs: 2_000_000_000n, memoryBytes: 3 } }],
        },
      ])
    }
    expect(decodeText(bad.join('') + good).malformedLines).to.equal(bad.length)
  })

  it('takes a name that is not UTF-8 for a malformed line', () => {
    const line = Buffer.from(cpu('1'), 'latin1')
    line[line.indexOf('"c"') + 1] = 0xff
    expect(decode(line, 0)).to.deep.include({ malformedLines: 1, sample: { node: undefined, pods: [] } })
  })

  it('keeps a container named, without a point, when its value is malformed', () => {
    const decoded = decodeText(cpu('NaN') + memory('5'))
    expect(decoded.sample.pods[0]?.containers).to.deep.equal([{ name: 'c', point: undefined }])
  })

  it('reads labels in any order, with more labels, blanks, a last comma and no blank before the value', () => {
    const lines =
      'container_cpu_usage_seconds_total { pod = "p" , id="/a{b}\\"c,\\\\" ,\tcontainer="c",namespace="n", }1\t9 \n' +
      `\t container_memory_working_set_bytes${labels()}\t+2.   9\t\n`
    expect(decodeText(lines).malformedLines).to.equal(0)
    expect(pointOf(lines)).to.deep.equal({ timestampMs: 9, cpuNs: 1_000_000_000n, memoryBytes: 2 })
  })

  it('reads escapes and UTF-8 in names', () => {
    const odd = labels('a\\"b\\\\c\\nd', 'größe-✓')
    const [pod] = decodeText(`container_swap_usage_bytes${odd} 1\n`).sample.pods
    expect(pod).to.deep.equal({
      namespace: 'n',
      name: 'größe-✓',
      containers: [{ name: 'a"b\\c\nd', point: undefined }],
    })
  })

  it('lets the later timestamp win where a series is given twice, and the last of equal ones', () => {
    expect(pointOf(cpu('2', ' 20') + cpu('1', ' 10') + memory('1'))?.cpuNs).to.equal(2_000_000_000n)
    expect(pointOf(cpu('1', ' 10') + cpu('2', ' 20') + memory('1'))?.cpuNs).to.equal(2_000_000_000n)
    expect(pointOf(cpu('1') + memory('8', ' 5') + memory('9', ' 5'))?.memoryBytes).to.equal(9)
  })

  it('merges two pods of one name and keeps the order of first sight', () => {
    const line = (container: string, pod: string) => `container_swap_usage_bytes${labels(container, pod)} 0\n`
    const { pods } = decodeText(line('b', 'p1') + line('a', 'p2') + line('a', 'p1') + line('b', 'p1')).sample
    expect(pods.map((pod) => [pod.name, pod.containers.map((each) => each.name)])).to.deep.equal([
      ['p1', ['b', 'a']],
      ['p2', ['a']],
    ])
  })

  it('tells names apart that run into each other', () => {
    const line = (container: string, pod: string, namespace: string) =>
      `container_swap_usage_bytes${labels(container, pod, namespace)} 0\n`
    expect(decodeText(line('c', 'bc', 'a') + line('c', 'c', 'ab')).sample.pods).to.have.length(2)
    expect(
      decodeText(line('c', 'b', 'a') + line('bc', '', 'a') + line('c', 'ab', '')).sample.pods,
    ).to.have.length(1)
  })

  it('reads a last line without a newline if it is whole, else counts it', () => {
    const whole = `${cpu('1', ' 5')}${memory('2', ' 5')}`
    expect(pointOf(whole.trimEnd())?.memoryBytes).to.equal(2)
    for (let cut = 1; cut < memory('2').length - 2; cut++) {
      const decoded = decodeText(cpu('1', ' 5') + memory('2').slice(0, cut))
      expect(decoded.malformedLines, memory('2').slice(0, cut)).to.equal(1)
      expect(decoded.sample.pods[0]?.containers[0]?.point).to.equal(undefined)
    }
  })

  it('hears a kubelet say that it could not measure everything', () => {
    expect(decodeText('resource_scrape_error 0\n').scrapeError).to.equal(false)
    expect(decodeText('resource_scrape_error 1\n').scrapeError).to.equal(true)
    expect(decodeText('resource_scrape_error{code="x"} 1\n').scrapeError).to.equal(true)
  })

  it('makes nothing of nothing', () => {
    for (const text of ['', '\n\n\r\n \t\n', '# EOF\n', '#', 'up 1\nprocess_open_fds{a="b"} x\n']) {
      expect(decodeText(text)).to.deep.equal({
        sample: { node: undefined, pods: [] },
        malformedLines: 0,
        scrapeError: false,
      })
    }
  })

  it('keeps of an answer its short label blocks, in memory of their own, and names that stay', () => {
    const swap = (block: string) => Buffer.from(`container_swap_usage_bytes${block} 0\n`)
    const answer = Buffer.concat([
      swap(labels('a')),
      swap(labels('b').replace('{', `{id="${'x'.repeat(2_000)}",`)),
    ])
    const first = decodeColumns(answer, 0)
    expect(first.layout.blocks.buffer.byteLength).to.equal(labels('a').length)
    const again = decodeColumns(answer, 0, first.layout)
    expect(again.layout).to.equal(first.layout)
    expect(again.sample.pods).to.equal(first.layout.pods)
    expect(again.malformedLines).to.equal(0)
  })

  it('is not slowed by answers made to be slow', () => {
    const block = (index: number) =>
      `container_swap_usage_bytes{container="c${index}",namespace="n",pod="p"} 0\n`
    const answers = [
      Array.from({ length: 60_000 }, (_, index) => block(index)).join(''),
      `container_cpu_usage_seconds_total{id="${'a'.repeat(2e6)}",container="c",namespace="n",pod="p"} 0\n`.repeat(
        2,
      ) + 'a_b{a="a"} 1\n'.repeat(1e5),
      `node_cpu_usage_seconds_total ${'9'.repeat(3e6)}\n`,
      `node_cpu_usage_seconds_total 0.${'0'.repeat(3e6)}1e3000010\n`,
      ' '.repeat(3e6),
      '{'.repeat(3e6),
      `${'\\'.repeat(3e6)}\n`,
    ]
    for (const answer of answers) {
      const startedMs = performance.now()
      decodeText(answer)
      expect(performance.now() - startedMs, answer.slice(0, 60)).to.be.below(1000)
    }
    expect(decodeText(answers[0] as string).sample.pods[0]?.containers).to.have.length(20_000)
    expect(decodeText(answers[3] as string).malformedLines).to.equal(0)
  })
})
