import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace'
import type { Sampler } from '@opentelemetry/sdk-trace'

/** `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`; what they don't know is the default, `parentbased_always_on`. */
export function samplerOf(env: Readonly<Record<string, string | undefined>>): Sampler {
  const asked = env['OTEL_TRACES_SAMPLER'] ?? 'parentbased_always_on'
  const part = Number(env['OTEL_TRACES_SAMPLER_ARG'] ?? 1)
  const ratio = Number.isFinite(part) && part >= 0 && part <= 1 ? part : 1
  const roots: Record<string, () => Sampler> = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  }
  const make = roots[asked.replace('parentbased_', '')] ?? (() => new AlwaysOnSampler())
  const root = make()
  return asked.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root
}
