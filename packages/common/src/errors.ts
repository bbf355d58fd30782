/**
 * An expected failure with a stable code, safe to show to an operator: its message carries no secret.
 * Codes are lower-case words joined by `_` and are part of logs and metrics.
 */
export class CodedError extends Error {
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CodedError'
    this.code = code
  }
}

/** The text of whatever was thrown, with the cause where the outer text alone would not tell. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `: ${errorText(error.cause)}`
  return `${error.message || error.name}${cause}`
}
