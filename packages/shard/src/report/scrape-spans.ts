import type { SpanSpec } from '@metrics-ring/common/telemetry/trace'

/** The trace of one scrape of one node, in the order of its parts. */
export const scrapeSpans = {
  scrape: {
    name: 'scrape',
    help: 'One turn of a node, from its slot to what came of it.',
    attributes: {
      'k8s.node.name': 'the node',
      'metrics_ring.claim': 'own, gained, retained, adopted',
      'metrics_ring.result': 'as the label `result` of metrics_ring_scrapes_total',
    },
  },
  slot: {
    name: 'scrape slot',
    help: 'From its turn to the scrape: for a node that may be another’s, a look at who scraped it last.',
  },
  fetch: {
    name: 'scrape fetch',
    help: 'The request to the kubelet, connections and further tries included.',
  },
  decode: { name: 'scrape decode', help: 'From the text of the answer to points.' },
  usage: { name: 'scrape usage', help: 'From points to usage; again after a conflict.' },
  commit: { name: 'scrape commit', help: 'The call of the store; again after a conflict.' },
} as const satisfies Readonly<Record<string, SpanSpec>>
