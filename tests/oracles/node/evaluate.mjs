// Answers what posthog-node decides by itself. One JSON request per line on stdin, one JSON answer per line on stdout.
//
// {"now", "feed", "asks": [[flag key, subject], ...], "subjects"}: what the public `evaluateFlags` says for each, as
//     [value, payload], [null, reason] or, where the SDK stumbled or has no such flag, [null, null].
// {"now", "filters": [[filter, properties, matching version], ...]}: what its matcher says about one filter on
//     properties, as true, false, a reason, or "regex" for a pattern that it leaves to the server.
//
// No network: the definitions come from a cache provider, which a client without a key only reads. The clock stands at
// "now". A number that JSON cannot hold is written as {"$number": "NaN"}.
import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'
import { PostHog } from 'posthog-node'

const { matchFeatureFlagProperty } = createRequire(import.meta.resolve('posthog-node'))('@posthog/core')
const SERVER_REGEX = Symbol.for('posthog.requiresServerRegexEvaluation')

let now = 0
const RealDate = Date
globalThis.Date = class extends RealDate {
  constructor(...parts) {
    super(...(parts.length ? parts : [now]))
  }
  static now() {
    return now
  }
}
for (const name of ['debug', 'info', 'warn', 'error', 'log']) console[name] = () => {}

let feed = { flags: [] }
const client = new PostHog('phc_oracle', {
  fetch: () => Promise.reject(new Error('The oracle has no network')),
  featureFlagsPollingInterval: null,
  flagDefinitionCacheProvider: { getFlagDefinitions: () => feed, shutdown() {} },
})

async function decide(key, subject) {
  const evaluations = await client.evaluateFlags(subject.distinctId, {
    ...subject,
    flagKeys: [key],
    onlyEvaluateLocally: true,
  })
  const value = evaluations.getFlag(key, { sendFeatureFlagEvents: false })
  if (value === undefined) return [null, evaluations.unresolvedFlags[key] ?? null]
  return [value, evaluations.getFlagPayload(key) ?? null]
}

function match([filter, properties, version]) {
  try {
    return matchFeatureFlagProperty(filter, properties, { propertyMatchingVersion: version ?? undefined })
  } catch (error) {
    if (SERVER_REGEX in error) return 'regex'
    return error.reason ?? null
  }
}

async function answer(request) {
  now = request.now
  if (request.filters) return request.filters.map(match)
  feed = request.feed
  await client.reloadFeatureFlags()
  return Promise.all(request.asks.map(([key, subject]) => decide(key, request.subjects[subject])))
}

const revive = (_, value) => (value !== null && typeof value === 'object' && '$number' in value ? Number(value.$number) : value)
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(await answer(JSON.parse(line, revive))) + '\n')
}
process.exit(0)
