import type { ItemUsage, NodeItem, PodItem } from './item.ts'
import { nodeItemJson, podItemJson } from './render-json.ts'
import { nodeItemProtobuf, podItemProtobuf } from './render-protobuf.ts'
import type { ViewDeps } from './view.ts'

/** Renders what changed into the two representations that are kept. @param swap false: swap is left out. */
export function createRenderers(swap: boolean): Pick<ViewDeps, 'renderNode' | 'renderPod'> {
  const renderNode = (item: NodeItem) => ({
    json: Buffer.from(nodeItemJson(item)),
    protobuf: nodeItemProtobuf(item),
  })
  const renderPod = (item: PodItem) => ({
    json: Buffer.from(podItemJson(item)),
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
