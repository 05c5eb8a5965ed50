import { SHARING_STRATEGIES } from '@damonlab/hint-faults';
import { MEMPOLICY_MODES, THP_MODES } from '@damonlab/mm';
import { z } from 'zod';
import { PLACEMENTS } from './place-threads.js';
import { DEFAULT_MACHINE, MACHINE_PRESETS } from './presets/machines.js';
import { FAULT_USERS, KERNELS, MADVICE, MIGRATE_TO, SCHED_POLICIES, TUNER_SETS } from './resolved.js';
import { bytes, cost, count, duration, label, microseconds, onOff, quantity, section, share } from './schema-values.js';
import { schemeSchema } from './scheme-schema.js';
import { parseBp, parseBytes, parseDurationNs, parseShare } from './units.js';

const kernel = z.union([z.string(), z.number()]).transform(String).pipe(z.enum(KERNELS));

const topology = section({
  name: label.optional(),
  nodes: z
    .array(section({ cpus: count(0, 1024), memory: bytes }))
    .min(1)
    .max(8),
  distance: z.array(z.array(z.number())).optional(),
  latency_ns: z.array(z.array(z.number())).optional(),
  bandwidth_GBps: z.array(z.number()).optional().describe('peak bandwidth of each node; left out: memory does not slow down under load'),
});

const tlb = section({
  entries: count(1, 1 << 20),
  ways: count(1, 1 << 20),
  huge_entries: count(1, 1 << 20).optional(),
  huge_ways: count(1, 1 << 20).optional(),
  asids: count(0, 65_535).optional(),
});

/** Options of a masim workload: masim's own, under its names, and what the simulation adds. */
const masimWorkload = section({
  masim: z.string().min(1).describe('masim config file, relative to this file'),
  nr_accesses_per_region: count(1, 1e9).optional(),
  default_rw_mode: z.enum(['ro', 'wo', 'rw']).optional(),
  repeat: count(1, 1e6).optional(),
  throttle: duration.optional().describe('a batch is started every so long, the rest of the time the thread sleeps'),
  sequential: cost.optional().describe('instruction time of a sequential access'),
  random: cost.optional().describe('instruction time of a random access'),
  startup: duration.optional().describe('CPU time of the start-up'),
});

/** A trace of a real program. */
const traceWorkload = section({
  trace: z.string().min(1).describe('trace file, relative to this file'),
  pace: z.enum(['clock', 'fast']).optional().describe('clock: as the trace has it; fast: one access after the other'),
  speed: z.number().positive().max(1e6).optional().describe('clock: so many times as fast'),
  instruction: cost.optional().describe('clock: time of an instruction, where the trace counts instructions'),
  access: cost.optional().describe('fast: instruction time of an access'),
  repeat: count(1, 1e6).optional(),
});

const synthetic = {
  size: quantity(parseBytes, { min: 4096 }),
  duration: duration.optional(),
  write_ratio: share.optional(),
  access: cost.optional().describe('instruction time of an access'),
  populate: count(0, 7).optional().describe('node that the memory lies on before the run starts'),
};
const syntheticWorkload = z.discriminatedUnion('pattern', [
  section({ pattern: z.literal('zipf'), ...synthetic, theta: z.number().min(0).max(10).optional() }),
  section({
    pattern: z.literal('hot_cold'),
    ...synthetic,
    hot_ratio: share.optional(),
    hot_share: share.optional(),
    drift: duration.optional(),
  }),
  section({ pattern: z.literal('pointer_chase'), ...synthetic }),
  section({ pattern: z.literal('sparse'), ...synthetic, sweep_every: duration.optional() }),
  section({
    pattern: z.literal('shared_private'),
    ...synthetic,
    shared_ratio: share.optional().describe('share of the memory that all threads share'),
    shared_share: share.optional().describe('share of the accesses that go there'),
    shared_write_ratio: share.optional(),
    speeds: z.array(z.number().gt(0).max(1e6)).min(1).optional().describe('thread i works speeds[i modulo their number] times as fast'),
  }),
  section({
    pattern: z.literal('sweep'),
    duration: duration.optional(),
    write_ratio: share.optional(),
    access: cost.optional().describe('instruction time of an access'),
    spin: onOff.optional().describe('on: a thread with nothing due computes; off: it sleeps'),
    areas: z
      .array(
        section({
          name: label.optional(),
          size: quantity(parseBytes, { min: 4096 }),
          slack: bytes.optional().describe('mapped behind it, touched by nobody'),
          populate: count(0, 7).optional().describe('node that the area lies on before the run starts'),
          every: duration.optional().describe('from the begin of one sweep to the next; left out: without a pause'),
          first: duration.optional().describe('when the first sweep begins'),
          until: duration.optional().describe('when no sweep begins any more; left out: they go on'),
          threads: z.array(count(0, 1023)).optional().describe('threads of the process that sweep it; left out: all'),
        }),
      )
      .min(1)
      .max(64),
  }),
]);

/** A system call of a process. */
const madvise = section({
  at: duration,
  every: quantity((value) => parseDurationNs(value), { min: 1_000 })
    .optional()
    .describe('again, so long after the last one; left out: once'),
  advice: z.enum(MADVICE).describe('free: MADV_FREE'),
  region: label.describe('region of the workload: an area, data, heap'),
  offset: bytes.optional().describe('where in the region, whole pages'),
  length: quantity(parseBytes, { min: 1 }).optional().describe('left out: to the end of the region'),
});

const process = section({
  name: label.optional(),
  workload: z.union([masimWorkload, traceWorkload, syntheticWorkload]),
  threads: count(1, 1024).optional(),
  cpus: z
    .union([z.array(count(0, 1023)), z.enum(PLACEMENTS)])
    .optional()
    .describe(
      'thread i runs on cpus[i modulo their number]; spread: over the nodes in turn, packed: node by node, ' +
        'trace: where the traced threads ran; left out: dealt out over all CPUs',
    ),
  mempolicy: z
    .union([z.enum(MEMPOLICY_MODES), section({ mode: z.enum(MEMPOLICY_MODES), nodes: z.array(count(0, 7)).min(1).optional() })])
    .optional()
    .describe('where its pages go at first touch, on which nodes (all); left out: to the node of the CPU'),
  madvise: z.array(madvise).max(64).optional().describe('what it advises the kernel, and when'),
  memcg: z.string().startsWith('/').optional().describe('memory cgroup of its pages; left out: /'),
  cpus_allowed: z
    .union([z.string(), z.number()])
    .transform(String)
    .optional()
    .describe('CPUs that the scheduler may move its threads to: a list like 0-3,8, or all; left out: each stays where it is'),
});

const intervals = section({
  sample_us: microseconds.optional(),
  aggr_us: microseconds.optional(),
  ops_update_us: microseconds.optional(),
  intervals_goal: section({
    access_bp: quantity(parseBp, { min: 1, max: 10_000 }),
    aggrs: count(0, 1e6),
    min_sample_us: microseconds,
    max_sample_us: microseconds,
  }).optional(),
});

/** `sample_control` under the words of damo's kdamonds config, one primitive by name in place of `primitives_enabled`. */
const sampleFilter = section({
  filter_type: z.enum(['cpumask', 'threads', 'write']),
  matching: z.boolean().optional(),
  allow: z.boolean().optional(),
  cpumask: z.string().optional().describe('CPUs as a list: 0-3,8'),
  tid_arr: z.string().optional().describe('threads as a list: 1,2'),
});

const sampleControl = section({
  primitive: z.enum(['page_table', 'page_fault', 'sampled_accesses']).optional(),
  sample_filters: z.array(sampleFilter).optional(),
  filter_rule: z.enum(['damos', 'literal']).optional().describe('literal: as the RFC has it'),
  disarm_at_check: onOff.optional().describe('off: arms pile up, as in the RFC'),
  channel: z.enum(['per_cpu_rings', 'single_array']).optional(),
  sampled_every: count(1, Number.MAX_SAFE_INTEGER).optional().describe('sampled_accesses: one access in so many, per CPU'),
  sample_cost: quantity((value) => parseDurationNs(value), { min: 50 })
    .optional()
    .describe('sampled_accesses: the interrupt that a sample costs its CPU'),
  available: onOff.optional().describe('off: the machine cannot sample accesses, as a virtual machine without a PMU'),
});

const nrRegions = section({ min: count(0, 1e6).optional(), max: count(0, 1e6).optional() });

const ranges = z.array(section({ start: bytes, end: bytes }));

/** What changes while the kdamond runs; what is left out stays as it is. */
const commit = section({
  at: duration,
  intervals: intervals.optional(),
  nr_regions: nrRegions.optional(),
  schemes: z.array(schemeSchema).optional().describe('all schemes from then on'),
  targets: z
    .array(section({ regions: ranges }))
    .optional()
    .describe('other regions to watch, for each target in its order; an empty list: as they are'),
  pause: onOff.optional().describe('on: no sampling and no schemes until a commit turns it off'),
});

const MOST_KDAMONDS = 16;
const monitor = section({
  ops: z.enum(['vaddr', 'fvaddr', 'paddr']).optional(),
  sample_control: sampleControl.optional(),
  intervals: intervals.optional(),
  nr_regions: nrRegions.optional(),
  start: duration.optional().describe('when DAMON is turned on'),
  linger: duration.optional().describe('an ended process stays a zombie for so long: watched, but without memory'),
  schemes: z.array(schemeSchema).optional().describe('DAMOS: what is done to which regions'),
  commits: z.array(commit).optional().describe('attributes and schemes committed online, in the order of their times'),
  pause: onOff.optional().describe('on: paused from the start'),
  damon_stat: onOff.optional().describe('on: record what DAMON_STAT shows, every 5 s'),
  targets: z
    .array(
      section({
        process: z
          .union([label, count(0, 63)])
          .optional()
          .describe('by name or number; left out everywhere: all, in their order'),
        regions: ranges.optional(),
      }),
    )
    .optional(),
  numa_node: count(0, 7).optional().describe('paddr: the memory of this node'),
  kdamond: section({
    cpu: z.union([count(0, 1023), z.literal('own')]).optional(),
    wake: duration.optional(),
    mapped: duration.optional(),
    hole: duration.optional(),
    aggregate: duration.optional(),
    arm: duration.optional().describe('arming one page: change its entry and flush it everywhere'),
  }).optional(),
});

const numaBalancing = section({
  mode: count(0, 4).optional().describe('kernel.numa_balancing: 1 normal, 2 memory tiering, 3 both'),
  scan_period_min_ms: count(1, 1e9).optional(),
  scan_period_max_ms: count(1, 1e9).optional(),
  scan_size_mb: count(1, 1e9).optional(),
  scan_delay_ms: count(0, 1e9).optional(),
  hot_threshold_ms: count(1, 1e9).optional(),
  promote_rate_limit_MBps: count(0, 1e9).optional(),
  lab_by_weight: onOff
    .optional()
    .describe('on: under weighted_interleave faults bring pages to the node of their weights; no kernel does, it is a lab option'),
  leak_when_off: onOff.optional().describe('on: left-over faults still migrate pages while it is off, as in the kernel'),
});

const faultUsers = z.array(z.enum(FAULT_USERS));
const sharing = section({
  strategy: z.enum(SHARING_STRATEGIES).optional(),
  owners: faultUsers.optional().describe('who has the hinting faults at the start'),
  schedule: z
    .array(
      section({
        at: duration,
        to: z
          .enum([...FAULT_USERS, 'none'])
          .optional()
          .describe('everybody else stops, this one starts'),
        stop: faultUsers.optional(),
        start: faultUsers.optional(),
      }),
    )
    .optional(),
  uninstall_every: count(1, 1e6).optional().describe('broken on purpose when it is not 1: an uninstall removes only each so many-th arm'),
});

const sched = section({
  policy: z.enum(SCHED_POLICIES).optional(),
  hz: count(1, 10_000).optional(),
  interval: quantity((value) => parseDurationNs(value), { min: 1_000 })
    .optional()
    .describe('how often the policy looks'),
});

const policies = section({
  migrate_by_shares: z
    .union([
      onOff,
      section({
        bytes_per_window: quantity(parseBytes, { min: 4096 }).optional(),
        min_share: quantity(parseShare, { min: 0.51, max: 1 }).optional().describe('of the reports of a piece of memory, to get it'),
        min_reports: count(1, 1e6).optional(),
        to: z.enum(MIGRATE_TO).optional().describe('fewest: broken on purpose'),
      }),
    ])
    .optional()
    .describe('pages move to the node that makes most of the reports about them'),
  dirty_rate: onOff.optional().describe('log how many pages each process dirties, estimated and counted'),
  interleave_tuner: z
    .union([
      onOff,
      section({
        sample: quantity((value) => parseDurationNs(value), { min: 1_000 })
          .optional()
          .describe('how often it reads the bandwidth of node 0'),
        adjust: quantity((value) => parseDurationNs(value), { min: 1_000 })
          .optional()
          .describe('how often it sets weights'),
        cutoff: quantity(parseShare, { min: 0.01, max: 1 }).optional().describe('of the peak of node 0: with less in use, pages come back'),
        sets: z.array(z.enum(TUNER_SETS)).min(1).optional().describe('the weights in sysfs, those of the destinations of schemes'),
      }),
    ])
    .optional()
    .describe('a program in user space sets weights of interleaving by the bandwidth in use'),
});

const weights = z.array(count(1, 255)).min(1).max(8);

const machine = section({
  preset: z.string().optional(),
  timer_granularity: quantity((value) => parseDurationNs(value), { min: 1, max: 1e9 }).optional(),
  epoch_max: quantity((value) => parseDurationNs(value), { min: 1_000, max: 1e10 }).optional(),
  background_switch: duration.optional(),
  walk: duration.optional(),
  fault: quantity((value) => parseDurationNs(value), { min: 50 }).optional(),
  hint_fault: quantity((value) => parseDurationNs(value), { min: 50 }).optional(),
  shootdown: duration.optional(),
  context_switch: duration.optional(),
  slice: quantity((value) => parseDurationNs(value), { min: 1_000 }).optional(),
  migrate: duration.optional().describe('moving a page to another node'),
  look: duration.optional().describe('DAMOS: looking at a folio'),
  scan_pte: duration.optional().describe('NUMA balancing: arming a page'),
  scan_page: duration.optional().describe('NUMA balancing: walking over a page'),
  scan_chunk: duration.optional().describe('NUMA balancing: each chunk of a scan'),
  uninstall_walk: duration.optional().describe('looking at an entry when arms are removed'),
  uninstall_change: duration.optional().describe('removing an arm'),
});

/** A scenario file. The keys are damo's and the kernel's words. */
export const experimentSchema = section({
  name: label.optional(),
  description: z.string().optional(),
  kernel: kernel.optional().describe(`modelled kernel: ${KERNELS.join(' or ')}`),
  seed: count(0, 2 ** 31 - 1).optional(),
  machine: z
    .union([z.string(), machine])
    .optional()
    .describe(`${[...MACHINE_PRESETS.keys()].join(' or ')} (default ${DEFAULT_MACHINE}), or its costs`),
  topology: z.union([z.string(), topology]).optional(),
  tlb: z.union([z.string(), tlb]).optional(),
  thp: z.enum(THP_MODES).optional(),
  swap: z
    .union([bytes, section({ size: bytes, in: duration.optional(), out: duration.optional() })])
    .optional()
    .describe('swap space, and what reading and writing a page takes; left out: nothing is ever taken out of memory'),
  demotion: onOff.optional().describe('on: reclaim moves pages to nodes without CPUs first (numa/demotion_enabled)'),
  duration: duration.optional().describe('stop after this much virtual time; left out: when all threads have ended'),
  truth: onOff.optional(),
  latency_every: count(1, 1e9).optional().describe('time one access in so many, and every fault; left out: none'),
  weighted_interleave: weights.optional().describe('weight of each node for mempolicy weighted_interleave; left out: 1 each'),
  processes: z.array(process).min(1).max(64),
  monitor: z
    .union([z.literal('off'), monitor, z.array(monitor).min(1).max(MOST_KDAMONDS)])
    .optional()
    .describe('a kdamond and what it watches, or a list of them'),
  numa_balancing: z
    .union([onOff, count(0, 4), numaBalancing])
    .optional()
    .describe('off, on, a value of kernel.numa_balancing, or its settings'),
  sched: sched.optional(),
  policies: policies.optional().describe('what acts on what DAMON reports'),
  sharing: sharing.optional().describe('how DAMON and NUMA balancing share hinting faults'),
});

/** A scenario file after its values were understood: times in ns (µs where the key says so), sizes in bytes. */
export type Experiment = z.output<typeof experimentSchema>;
export type ExperimentProcess = Experiment['processes'][number];
export type ExperimentMonitor = z.output<typeof monitor>;

/** JSON Schema of scenario files, for editors. */
export function scenarioJsonSchema(): object {
  return z.toJSONSchema(experimentSchema, { io: 'input', unrepresentable: 'any' });
}
