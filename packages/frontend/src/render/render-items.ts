import type { ItemUsage, NodeItem, PodItem } from '../view/item.ts'
import type { Render } from '../view/slabs.ts'
import type { ViewDeps } from '../view/view.ts'
import { nodeItemJson, podItemJson } from './render-json.ts'
import { nodeItemProtobuf, podItemProtobuf } from './render-protobuf.ts'

/** @param swap false: swap is left out. */
export function createRenderers(swap: boolean): Pick<ViewDeps, 'renderNode' | 'renderPod'> {
  let memory = Buffer.allocUnsafeSlow(16 * 1024)
  function encoded(text: string): Buffer {
    if (text.length * 3 > memory.length) memory = Buffer.allocUnsafeSlow(text.length * 3)
    return memory.subarray(0, memory.write(text))
  }
  const renderNode: Render<NodeItem> = (item, part) =>
    part === 'json' ? encoded(nodeItemJson(item)) : nodeItemProtobuf(item)
  const renderPod: Render<PodItem> = (item, part) =>
    part === 'json' ? encoded(podItemJson(item)) : podItemProtobuf(item)
  if (swap) return { renderNode, renderPod }
  return {
    renderNode: (item, part) => renderNode({ ...item, usage: withoutSwap(item.usage) }, part),
    renderPod(item, part) {
      const containers = item.containers.map(({ name, usage }) => ({ name, usage: withoutSwap(usage) }))
      return renderPod({ ...item, containers }, part)
    },
  }
}

function withoutSwap({ cpuNanocores, memoryBytes }: ItemUsage): ItemUsage {
  return { cpuNanocores, memoryBytes }
}
