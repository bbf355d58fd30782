import { parseFieldSelector } from './field-selector.ts'
import { type Operator, parseRequirements } from './label-parse.ts'

type SelectorRequirement = { key: string; operator: string; values?: string[] }

/** The selectors of a collection request as SubjectAccessReview takes them. */
export type SelectorAttributes = {
  fieldSelector?: { requirements: SelectorRequirement[] }
  labelSelector?: { requirements: SelectorRequirement[] }
}

/** `>` and `<` have no name there; left out, the question is only wider. */
const operatorNames: Partial<Record<Operator, string>> = {
  '=': 'In',
  '==': 'In',
  in: 'In',
  '!=': 'NotIn',
  notin: 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
}

/** Undefined where nothing is narrowed; a selector that cannot be read narrows nothing (and is refused by the list). */
export function selectorAttributes(query: URLSearchParams): SelectorAttributes | undefined {
  const fields = fieldRequirements(query.get('fieldSelector') ?? '')
  const labels = labelRequirements(query.get('labelSelector') ?? '')
  if (fields.length === 0 && labels.length === 0) return undefined
  return {
    ...(fields.length > 0 ? { fieldSelector: { requirements: fields } } : {}),
    ...(labels.length > 0 ? { labelSelector: { requirements: labels } } : {}),
  }
}

function fieldRequirements(text: string): SelectorRequirement[] {
  const selector = parseFieldSelector(text)
  if (!selector || 'fault' in selector) return []
  return selector.requirements.map(({ field, operator, value }) => {
    return { key: field, operator: operator === '=' ? 'In' : 'NotIn', values: [value] }
  })
}

function labelRequirements(text: string): SelectorRequirement[] {
  const requirements = parseRequirements(text)
  if ('fault' in requirements) return []
  return requirements.flatMap(({ key, operator, values }) => {
    const name = operatorNames[operator]
    if (!name) return []
    return [{ key, operator: name, ...(values.length > 0 ? { values } : {}) }]
  })
}
