import {
  type Attributes,
  trace as api,
  type Context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
} from '@opentelemetry/api'
import { errorText } from '../errors.ts'

/** One span of ours, as docs/telemetry.md lists it. */
export type SpanSpec = {
  name: string
  kind?: 'server'
  help: string
  attributes?: Readonly<Record<string, string>>
}

/** Makes traces of what is begun; whether one is kept is for the sampler to say (`OTEL_TRACES_SAMPLER`). */
export type Tracing = {
  begin(spec: SpanSpec, options?: BeginOptions): Trace
}

export type BeginOptions = {
  attributes?: Attributes
  /** How long ago it began, milliseconds. */
  agoMs?: number
  /** Headers of a request that may name the trace it is part of (W3C Trace Context). */
  headers?: Readonly<Record<string, unknown>>
}

/** A piece of work that is traced. */
export type Trace = {
  /** Runs a part of it in a span of its own, which ends with it. */
  part<T>(spec: SpanSpec, run: () => T): T
  /** A part that began so many milliseconds ago and ends now. */
  past(spec: SpanSpec, agoMs: number): void
  note(attributes: Attributes): void
  /** `error`: what it failed of. */
  end(error?: string): void
}

/** Runs a part of traced work; without a trace it only runs. */
export function within<T>(trace: Trace | undefined, spec: SpanSpec, run: () => T): T {
  return trace ? trace.part(spec, run) : run()
}

export function createTracing(tracer: Tracer): Tracing {
  return {
    begin({ name, kind }, { attributes = {}, agoMs = 0, headers } = {}) {
      const parent = headers ? propagation.extract(ROOT_CONTEXT, headers) : ROOT_CONTEXT
      const options = { attributes, startTime: Date.now() - agoMs }
      const of = kind === 'server' ? SpanKind.SERVER : SpanKind.INTERNAL
      const span = tracer.startSpan(name, { ...options, kind: of }, parent)
      return traceOf(tracer, span, api.setSpan(parent, span))
    },
  }
}

function traceOf(tracer: Tracer, span: Span, context: Context): Trace {
  return {
    part({ name }, run) {
      const part = tracer.startSpan(name, {}, context)
      try {
        const result = run()
        if (!(result instanceof Promise)) {
          part.end()
          return result
        }
        result.catch((error: unknown) => fail(part, errorText(error))).finally(() => part.end())
        return result
      } catch (error) {
        fail(part, errorText(error))
        part.end()
        throw error
      }
    },
    past({ name }, agoMs) {
      tracer.startSpan(name, { startTime: Date.now() - agoMs }, context).end()
    },
    note: (attributes) => void span.setAttributes(attributes),
    end(error) {
      if (error !== undefined) fail(span, error)
      span.end()
    },
  }
}

function fail(span: Span, message: string) {
  span.setStatus({ code: SpanStatusCode.ERROR, message })
}
