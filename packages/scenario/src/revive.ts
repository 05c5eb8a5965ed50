import { formatPath, UserError } from '@damonlab/base';
import { SHARING_STRATEGIES } from '@damonlab/hint-faults';
import { checkTopology, MEMPOLICY_MODES, THP_MODES } from '@damonlab/mm';
import { z } from 'zod';
import { checkMachine } from './check-machine.js';
import { show } from './explain.js';
import type { Path } from './overrides.js';
import { FAULT_USERS, KERNELS, MADVICE, MIGRATE_TO, type ResolvedScenario, SCHED_POLICIES, TUNER_SETS } from './resolved.js';
import { resolvedScheme } from './revive-scheme.js';

const natural = z.int().min(0);
const nonNegative = z.number().min(0);
const matrix = z.array(z.array(z.number()));
const rw = z.enum(['ro', 'wo', 'rw']);

const tlb = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('off') }),
  z.strictObject({ kind: z.literal('infinite'), asids: natural }),
  z.strictObject({
    kind: z.literal('finite'),
    entries: natural.min(1),
    ways: natural.min(1),
    hugeEntries: natural.min(1),
    hugeWays: natural.min(1),
    asids: natural,
  }),
]);

const masim = z.strictObject({
  kind: z.literal('masim'),
  name: z.string(),
  config: z.strictObject({
    regions: z.array(z.strictObject({ name: z.string(), bytes: natural })),
    phases: z.array(
      z.strictObject({
        name: z.string(),
        durationMs: z.number(),
        patterns: z.array(
          z.strictObject({ region: natural, random: z.boolean(), stride: z.number(), probability: z.number(), rw: rw.exactOptional() }),
        ),
      }),
    ),
  }),
  options: z.strictObject({
    nrAccessesPerRegion: natural.min(1),
    defaultRwMode: rw,
    repeat: natural.min(1),
    throttleNs: natural,
    sequentialPs: natural,
    randomPs: natural,
    startupNs: natural,
  }),
  threads: natural.min(1),
});

const common = {
  bytes: natural.min(1),
  durationNs: natural,
  writeRatio: nonNegative.max(1),
  computePs: natural,
  populateNid: natural.exactOptional(),
};
const synthetic = z.strictObject({
  kind: z.literal('synthetic'),
  name: z.string(),
  pattern: z.discriminatedUnion('pattern', [
    z.strictObject({ ...common, pattern: z.literal('zipf'), theta: nonNegative }),
    z.strictObject({ ...common, pattern: z.literal('hot_cold'), hotRatio: nonNegative, hotShare: nonNegative, driftNs: natural }),
    z.strictObject({ ...common, pattern: z.literal('pointer_chase') }),
    z.strictObject({ ...common, pattern: z.literal('sparse'), sweepEveryNs: natural }),
    z.strictObject({
      ...common,
      pattern: z.literal('shared_private'),
      sharedRatio: nonNegative.max(1),
      sharedShare: nonNegative.max(1),
      sharedWriteRatio: nonNegative.max(1),
      speeds: z.array(z.number()).min(1),
    }),
    z.strictObject({
      pattern: z.literal('sweep'),
      durationNs: natural,
      writeRatio: nonNegative.max(1),
      computePs: natural,
      spin: z.boolean(),
      areas: z.array(
        z.strictObject({
          name: z.string(),
          bytes: natural.min(1),
          slackBytes: natural,
          populateNid: z.int().min(-1),
          everyNs: natural,
          firstNs: natural,
          untilNs: natural.exactOptional(),
          threads: z.array(natural),
        }),
      ),
    }),
  ]),
  threads: natural.min(1),
});

const trace = z.strictObject({
  kind: z.literal('trace'),
  name: z.string(),
  file: z.string(),
  dir: z.string().exactOptional(),
  id: z.string(),
  threads: natural.min(1),
  bytes: natural,
  pace: z.enum(['clock', 'fast']),
  tickPs: z.number().positive(),
  accessPs: natural.min(1),
  repeat: natural.min(1),
});

const decision = { matching: z.boolean(), allow: z.boolean() };
const sampleFilter = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('cpumask'), ...decision, cpus: z.array(natural) }),
  z.strictObject({ type: z.literal('threads'), ...decision, tids: z.array(natural) }),
  z.strictObject({ type: z.literal('write'), ...decision }),
]);

const attrs = z.strictObject({
  sampleUs: natural.min(1),
  aggrUs: natural.min(1),
  opsUpdateUs: natural,
  minNrRegions: natural.min(3),
  maxNrRegions: natural.min(3),
  intervalsGoal: z.strictObject({ accessBp: natural, aggrs: natural, minSampleUs: natural, maxSampleUs: natural }),
});

const ranges = z.array(z.strictObject({ start: natural, end: natural }));

// Keys in the order in which scenarios are resolved: a replayed run has the same bytes in its manifest.
const monitor = z.strictObject({
  ops: z.enum(['vaddr', 'fvaddr', 'paddr']),
  kernel: z.enum(KERNELS),
  attrs,
  startNs: natural.exactOptional(),
  lingerNs: natural.exactOptional(),
  pause: z.boolean().exactOptional(),
  damonStat: z.boolean().exactOptional(),
  schemes: z.array(resolvedScheme),
  commits: z.array(
    z.strictObject({
      atNs: natural,
      attrs,
      schemes: z.array(resolvedScheme).exactOptional(),
      regions: z.array(ranges).exactOptional(),
      pause: z.boolean().exactOptional(),
    }),
  ),
  sample: z.strictObject({
    primitive: z.enum(['page_table', 'page_fault', 'sampled_accesses']),
    filters: z.array(sampleFilter),
    filterRule: z.enum(['damos', 'literal']),
    disarmAtCheck: z.boolean(),
    channel: z.enum(['per_cpu_rings', 'single_array']),
    sampledEvery: natural.min(1),
    sampleCostNs: natural.min(50),
    available: z.boolean(),
  }),
  targets: z.array(natural).exactOptional(),
  regions: z.array(ranges),
  kdamond: z.strictObject({
    cpu: natural.nullable(),
    wakeNs: natural,
    mappedNs: natural,
    holeNs: natural,
    aggregateNs: natural,
    armNs: natural,
  }),
});

const numaBalancing = z.strictObject({
  kernel: z.enum(KERNELS),
  mode: natural,
  tunables: z.strictObject({
    scanPeriodMinMs: natural,
    scanPeriodMaxMs: natural,
    scanSizeMb: natural,
    scanDelayMs: natural,
    hotThresholdMs: natural,
    promoteRateLimitMbps: natural,
  }),
  leakWhenOff: z.boolean(),
  labByWeight: z.boolean().exactOptional(),
  cost: z.strictObject({ migrateNs: natural, scanPteNs: natural, scanPageNs: natural, scanChunkNs: natural }),
});

const faultUsers = z.array(z.enum(FAULT_USERS));
const sharing = z.strictObject({
  strategy: z.enum(SHARING_STRATEGIES),
  owners: faultUsers,
  schedule: z.array(z.strictObject({ atNs: natural, stop: faultUsers, start: faultUsers })),
  uninstallEvery: natural.min(1),
  walkNs: natural,
  changeNs: natural,
});

const resolvedSchema: z.ZodType<ResolvedScenario> = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
  source: z.strictObject({ file: z.string(), kind: z.enum(['masim', 'trace', 'yaml']) }),
  machine: z.strictObject({
    seed: natural,
    topology: z.strictObject({
      name: z.string(),
      nodes: z.array(z.strictObject({ cpus: natural, memoryBytes: natural })),
      distance: matrix,
      latencyNs: matrix,
      bandwidthGBps: z.array(z.number().positive()).exactOptional(),
    }),
    cpu: z.strictObject({
      tlb,
      walkNs: natural,
      faultNs: natural,
      hintFaultNs: natural,
      shootdownNs: natural,
      contextSwitchNs: natural,
      sliceNs: natural.min(1),
    }),
    thp: z.enum(THP_MODES),
    processes: z
      .array(
        z.strictObject({
          name: z.string(),
          workload: z.discriminatedUnion('kind', [masim, synthetic, trace]),
          cpus: z.array(natural),
          cpusAllowed: z.array(natural),
          memcg: z.string().exactOptional(),
          madvise: z
            .array(
              z.strictObject({
                atNs: natural,
                everyNs: natural,
                advice: z.enum(MADVICE),
                region: z.string(),
                offset: natural,
                length: natural.min(1).exactOptional(),
              }),
            )
            .min(1)
            .exactOptional(),
          mempolicy: z
            .strictObject({ mode: z.enum(MEMPOLICY_MODES), nodes: z.array(natural), weights: z.array(natural.min(1).max(255)) })
            .exactOptional(),
        }),
      )
      .min(1),
    monitor: monitor.nullable(),
    otherMonitors: z.array(monitor).min(1).exactOptional(),
    truth: z.boolean(),
    latencyEvery: natural.min(1).exactOptional(),
    epochMaxNs: natural.min(1),
    durationNs: natural,
    timerGranularityNs: natural.min(1),
    backgroundSwitchNs: natural,
    numaBalancing: numaBalancing.nullable(),
    sched: z.strictObject({ hz: natural.min(1), policy: z.enum(SCHED_POLICIES), intervalNs: natural.min(1) }),
    sharing,
    policies: z
      .strictObject({
        migrateByShares: z
          .strictObject({
            bytesPerWindow: natural.min(1),
            minShare: z.number().gt(0.5).max(1),
            minReports: natural.min(1),
            to: z.enum(MIGRATE_TO),
            migrateNs: natural,
          })
          .exactOptional(),
        dirtyRate: z.boolean().exactOptional(),
        interleaveTuner: z
          .strictObject({
            sampleNs: natural.min(1),
            adjustNs: natural.min(1),
            cutoff: z.number().positive(),
            sets: z.array(z.enum(TUNER_SETS)),
          })
          .exactOptional(),
      })
      .exactOptional(),
    memory: z
      .strictObject({
        actionCost: z.strictObject({ lookNs: natural, migrateNs: natural, pageoutNs: natural }),
        swap: z.strictObject({ pages: natural, scanNs: natural, outNs: natural, inNs: natural }).exactOptional(),
        demotion: z.literal(true).exactOptional(),
      })
      .exactOptional(),
  }),
});

/**
 * A resolved scenario read back from the manifest of a run.
 * @param value the manifest's `scenario`
 * @param where what it was read from, for errors
 * @throws UserError if it is not what this version of damonlab resolves scenarios to
 */
export function reviveScenario(value: unknown, where: string): ResolvedScenario {
  const place = (...paths: [Path, ...Path[]]) => `${where}: ${formatPath(['scenario', ...paths[0]])}`;
  const parsed = resolvedSchema.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
    throw new UserError('not a scenario of this version of damonlab', {
      where: place(path),
      expected: issue.message,
      actual: show(issue.input),
      hint: 'run the scenario file again instead of the manifest',
    });
  }
  checkTopology(parsed.data.machine.topology, place(['machine', 'topology']));
  checkMachine(parsed.data.machine, (path) => place(['machine', ...path]));
  return parsed.data;
}
