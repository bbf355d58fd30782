import { expect } from 'chai'
import { dialOrder, hostPort } from '../../src/kubelet/addresses.ts'
import { DEFAULT_ADDRESS_TYPES, kubeletTarget, type NodeObject } from '../../src/kubelet/kubelet-target.ts'

const options = { addressTypes: DEFAULT_ADDRESS_TYPES, port: 10250, useNodeStatusPort: false }

const node = (...addresses: [type: string, address: string][]): NodeObject => ({
  metadata: { name: 'node-1', uid: 'u1' },
  status: {
    addresses: addresses.map(([type, address]) => ({ type, address })),
    daemonEndpoints: { kubeletEndpoint: { Port: 12250 } },
  },
})
const annotated = (path: string): NodeObject => ({
  ...node(['InternalIP', '10.0.0.1']),
  metadata: { name: 'node-1', uid: 'u1', annotations: { 'metrics.k8s.io/resource-metrics-path': path } },
})
const addressesOf = (object: NodeObject, addressTypes = DEFAULT_ADDRESS_TYPES) => {
  const found = kubeletTarget(object, { ...options, addressTypes })
  return found.ok ? found.target.addresses : found.reason
}

describe('the target of a Node', () => {
  it('is its addresses, the port and the path', () => {
    expect(kubeletTarget(node(['InternalIP', '10.0.0.1']), options)).to.deep.equal({
      ok: true,
      target: { node: 'node-1', uid: 'u1', addresses: ['10.0.0.1'], port: 10250, path: '/metrics/resource' },
    })
  })

  it('has every address of a preferred type, by type, then in the order of the Node, each once', () => {
    const object = node(
      ['ExternalIP', '1.2.3.4'],
      ['InternalIP', '10.0.0.1'],
      ['InternalIP', 'fd00::1'],
      ['Hostname', 'node-1'],
      ['InternalDNS', 'node-1'],
    )
    expect(addressesOf(object)).to.deep.equal(['node-1', '10.0.0.1', 'fd00::1', '1.2.3.4'])
    expect(addressesOf(object, ['InternalIP'])).to.deep.equal(['10.0.0.1', 'fd00::1'])
  })

  it('is a reason where no address can be used', () => {
    expect(addressesOf(node())).to.equal('no_address')
    expect(addressesOf({})).to.equal('no_address')
    expect(addressesOf(node(['InternalIP', '']))).to.equal('no_address')
    expect(addressesOf(node(['Hostname', 'a/b'], ['InternalIP', 'x y']))).to.equal('no_address')
    const none = kubeletTarget(node(['ExternalIP', '1.2.3.4']), { ...options, addressTypes: ['InternalIP'] })
    expect(none).to.have.property('detail').that.includes('ExternalIP').and.includes('--kubelet-preferred-')
  })

  it('takes the port of the Node status if told so and there is one', () => {
    const portOf = (object: NodeObject) => {
      const found = kubeletTarget(object, { ...options, useNodeStatusPort: true })
      return found.ok && found.target.port
    }
    expect(portOf(node(['InternalIP', '10.0.0.1']))).to.equal(12250)
    expect(portOf({ status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] } })).to.equal(10250)
  })

  it('takes the path of the annotation if it is one', () => {
    const pathOf = (path: string) => {
      const found = kubeletTarget(annotated(path), options)
      return found.ok ? found.target.path : found.reason
    }
    expect(pathOf('/metrics/nodes/node-1/metrics/resource')).to.equal(
      '/metrics/nodes/node-1/metrics/resource',
    )
    expect(pathOf('')).to.equal('/metrics/resource')
    for (const bad of [
      'metrics',
      'https://elsewhere/',
      '/a b',
      '/a\r\nhost: b',
      '/ä',
      '/a#b',
      `/${'a'.repeat(2000)}`,
    ])
      expect(pathOf(bad), bad).to.equal('bad_path')
  })
})

describe('addresses', () => {
  it('have brackets before a port where they are IPv6', () => {
    expect(hostPort('10.0.0.1', 1)).to.equal('10.0.0.1:1')
    expect(hostPort('node-1', 1)).to.equal('node-1:1')
    expect(hostPort('fd00::1', 1)).to.equal('[fd00::1]:1')
  })

  it('are dialled in their order, what worked first and what hung last', () => {
    expect(dialOrder(['a', 'b', 'c'], undefined, undefined)).to.deep.equal(['a', 'b', 'c'])
    expect(dialOrder(['a', 'b', 'c'], 'c', undefined)).to.deep.equal(['c', 'a', 'b'])
    expect(dialOrder(['a', 'b', 'c'], undefined, 'a')).to.deep.equal(['b', 'c', 'a'])
    expect(dialOrder(['b', 'a'], 'a', 'gone')).to.deep.equal(['a', 'b'])
  })
})
