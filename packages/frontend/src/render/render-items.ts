import type { ItemUsage, NodeItem, PodItem } from '../view/item.ts'
import type { ViewDeps } from '../view/view.ts'
import { nodeItemJson, podItemJson } from './render-json.ts'
import { nodeItemProtobuf, podItemProtobuf } from './render-protobuf.ts'

/**
 * Renders what changed into the two representations that are kept: what is returned stands until the next item is
 * rendered. @param swap false: swap is left out.
 */
export function createRenderers(swap: boolean): Pick<ViewDeps, 'renderNode' | 'renderPod'> {
  let memory = Buffer.allocUnsafeSlow(16 * 1024)
  function bytesOf(text: string): Buffer {
    if (text.length * 3 > memory.length) memory = Buffer.allocUnsafeSlow(text.length * 3)
    return memory.subarray(0, memory.write(text))
  }
  const renderNode = (item: NodeItem) => ({
    json: bytesOf(nodeItemJson(item)),
    protobuf: nodeItemProtobuf(item),
  })
  const renderPod = (item: PodItem) => ({
    json: bytesOf(podItemJson(item)),
    protobuf: podItemProtobuf(item),
  })
  if (swap) return { renderNode, renderPod }
  return {
    renderNode: (item) => renderNode({ ...item, usage: withoutSwap(item.usage) }),
    renderPod: (item) =>
      renderPod({
        ...item,
        containers: item.containers.map(({ name, usage }) => ({ name, usage: withoutSwap(usage) })),
      }),
  }
}

function withoutSwap({ cpuNanocores, memoryBytes }: ItemUsage): ItemUsage {
  return { cpuNanocores, memoryBytes }
}
