import { parseScenario, type ResolvedScenario } from '@damonlab/scenario';

const MONITOR = `
monitor:
  intervals: { sample_us: 500, aggr_us: 5000, ops_update_us: 20000 }
  nr_regions: { min: 10, max: 200 }
`;

/** Scenarios that differ in everything that could make a result depend on who carries which CPU, and when. */
const YAML: Readonly<Record<string, string>> = {
  // Threads of one process meet on the same pages from different nodes, and faults of both are resolved in one epoch.
  'two nodes, shared pages': `
topology: { nodes: [{ cpus: 2, memory: 64 MiB }, { cpus: 2, memory: 64 MiB }] }
tlb: { entries: 64, ways: 4 }
processes:
  - workload: { pattern: hot_cold, size: 8 MiB, hot_ratio: 0.2, drift: 20 ms, duration: 70 ms, write_ratio: 0.3, access: 20 ns }
    threads: 4
  - workload: { pattern: pointer_chase, size: 4 MiB, duration: 60 ms, access: 20 ns }
    threads: 3
    cpus: [1, 2, 3]
  - workload: { pattern: shared_private, size: 4 MiB, duration: 60 ms, access: 40 ns, shared_write_ratio: 1, speeds: [3, 1] }
    threads: 2
    cpus: [0, 3]
${MONITOR}`,
  // More threads than CPUs, which sleep, wake up, and end at different times.
  'throttled masim beside others': `
topology: { nodes: [{ cpus: 1, memory: 32 MiB }, { cpus: 2, memory: 32 MiB }] }
machine: { background_switch: 700 us, slice: 300 us }
processes:
  - workload: { masim: steps.cfg, throttle: 400 us, nr_accesses_per_region: 500 }
    threads: 2
    cpus: [0, 2]
  - workload: { masim: steps.cfg, nr_accesses_per_region: 2000, repeat: 2, default_rw_mode: rw }
    cpus: [0]
  - workload: { pattern: zipf, size: 2 MiB, duration: 50 ms, access: 50 ns }
    cpus: [1]
monitor:
  intervals: { sample_us: 500, aggr_us: 5000, ops_update_us: 20000 }
  nr_regions: { min: 10, max: 200 }
  kdamond: { cpu: 0 }
`,
  'huge pages, kernel 6.12': `
kernel: 6.12
thp: always
tlb: { entries: 64, ways: 4, huge_entries: 2, huge_ways: 2, asids: 1 }
topology: { nodes: [{ cpus: 2, memory: 24 MiB }, { cpus: 1, memory: 256 MiB }] }
processes:
  - workload: { pattern: hot_cold, size: 30 MiB, hot_ratio: 0.5, duration: 60 ms, access: 20 ns }
    threads: 3
  - workload: { pattern: sparse, size: 8 MiB, sweep_every: 2 ms, duration: 40 ms }
    cpus: [1]
${MONITOR}`,
  // Who is first at an armed page decides whose fault it is; huge and small pages, reports of all CPUs in one array.
  'hinting faults': `
topology: { nodes: [{ cpus: 2, memory: 64 MiB }, { cpus: 2, memory: 64 MiB }] }
tlb: { entries: 64, ways: 4, huge_entries: 4, huge_ways: 2 }
thp: always
processes:
  - workload: { pattern: hot_cold, size: 8 MiB, hot_ratio: 0.2, drift: 20 ms, duration: 60 ms, write_ratio: 0.3, access: 20 ns }
    threads: 4
  - workload: { masim: steps.cfg, nr_accesses_per_region: 500, default_rw_mode: rw }
    threads: 2
    cpus: [1, 2]
monitor:
  sample_control: { primitive: page_fault, disarm_at_check: off, channel: single_array }
  intervals: { sample_us: 500, aggr_us: 5000, ops_update_us: 20000 }
  nr_regions: { min: 100, max: 400 }
`,
  // Frames change hands: who gets which depends on the order of the faults, and a process ends while others fault.
  'physical memory, hinting faults': `
topology: { nodes: [{ cpus: 2, memory: 24 MiB }, { cpus: 2, memory: 24 MiB }] }
tlb: { entries: 64, ways: 4 }
processes:
  - workload: { pattern: hot_cold, size: 8 MiB, hot_ratio: 0.2, drift: 20 ms, duration: 60 ms, write_ratio: 0.3, access: 20 ns }
    threads: 4
  - workload: { masim: steps.cfg, nr_accesses_per_region: 500, default_rw_mode: rw }
    threads: 2
    cpus: [1, 2]
  - workload: { pattern: zipf, size: 4 MiB, duration: 20 ms, access: 20 ns }
    threads: 2
    cpus: [0, 3]
monitor:
  ops: paddr
  sample_control: { primitive: page_fault }
  intervals: { sample_us: 500, aggr_us: 5000, ops_update_us: 20000 }
  nr_regions: { min: 100, max: 400 }
`,
  // Which access is sampled depends on all accesses of its CPU before; reports of all CPUs meet in one array.
  'sampled accesses': `
topology: { nodes: [{ cpus: 2, memory: 64 MiB }, { cpus: 2, memory: 64 MiB }] }
tlb: { entries: 64, ways: 4 }
processes:
  - workload: { pattern: hot_cold, size: 8 MiB, hot_ratio: 0.2, drift: 20 ms, duration: 60 ms, write_ratio: 0.3, access: 20 ns }
    threads: 4
  - workload: { masim: steps.cfg, nr_accesses_per_region: 500, default_rw_mode: rw }
    threads: 2
    cpus: [1, 2]
monitor:
  sample_control: { primitive: sampled_accesses, sampled_every: 100, sample_cost: 300 ns, channel: single_array }
  intervals: { sample_us: 500, aggr_us: 5000, ops_update_us: 20000 }
  nr_regions: { min: 100, max: 400 }
`,
  // Threads of all kinds of programs move while pages migrate and the faults change hands.
  'NUMA balancing, hand-overs, threads that move': `
topology: { nodes: [{ cpus: 2, memory: 48 MiB }, { cpus: 2, memory: 48 MiB }] }
tlb: { entries: 64, ways: 4 }
processes:
  - workload: { pattern: hot_cold, size: 8 MiB, hot_ratio: 0.2, drift: 20 ms, duration: 90 ms, write_ratio: 0.3, access: 20 ns }
    threads: 4
    cpus_allowed: all
  - workload: { masim: steps.cfg, nr_accesses_per_region: 500, default_rw_mode: rw }
    threads: 2
    cpus_allowed: 1-3
  - workload:
      pattern: sweep
      duration: 90 ms
      access: 100 ns
      areas: [{ size: 2 MiB, populate: 1, threads: [0] }, { size: 1 MiB, populate: 0, every: 11 ms }]
    threads: 2
    cpus: [0, 2]
monitor:
  sample_control: { primitive: page_fault }
  intervals: { sample_us: 500, aggr_us: 5000, ops_update_us: 20000 }
  nr_regions: { min: 50, max: 400 }
numa_balancing: { scan_delay_ms: 4, scan_period_min_ms: 4, scan_size_mb: 1 }
sched: { policy: balance, hz: 1000 }
sharing: { strategy: runtime_half, schedule: [{ at: 30 ms, to: damon }, { at: 60 ms, to: numa_balancing }] }
`,
  // Reports decide where threads and pages go: one report more or less, and everything behind it is another run.
  'policies that act on reports': `
topology: { nodes: [{ cpus: 2, memory: 64 MiB }, { cpus: 2, memory: 64 MiB }] }
tlb: { entries: 64, ways: 4 }
processes:
  - workload: { pattern: shared_private, size: 6 MiB, shared_ratio: 0.3, duration: 1 s, access: 200 ns, write_ratio: 0.3 }
    threads: 3
    cpus: [0, 2, 2]
    cpus_allowed: all
  - workload:
      pattern: sweep
      duration: 1 s
      write_ratio: 0.5
      access: 300 ns
      areas: [{ size: 1 MiB, populate: 1, threads: [0] }, { size: 1 MiB, populate: 0, threads: [1] }]
    threads: 2
    cpus: [1, 3]
    cpus_allowed: all
duration: 70 ms
sched: { policy: access_aware }
policies: { migrate_by_shares: { bytes_per_window: 256 KiB }, dirty_rate: on }
monitor:
  sample_control: { primitive: page_fault }
  intervals: { sample_us: 500, aggr_us: 5000, ops_update_us: 20000 }
  nr_regions: { min: 100, max: 400 }
`,
  // They clear each other the Accessed bits, one is paused, one moves the pages that the other watches.
  'several kdamonds': `
topology: { nodes: [{ cpus: 2, memory: 64 MiB }, { cpus: 1, memory: 64 MiB }] }
processes:
  - name: one
    workload: { pattern: hot_cold, size: 16 MiB, duration: 80 ms, access: 50 ns }
    threads: 2
  - name: two
    workload: { pattern: zipf, size: 4 MiB, duration: 70 ms, access: 50 ns }
monitor:
  - targets: [{ process: two }]
    intervals: { sample_us: 500, aggr_us: 5000, ops_update_us: 20000 }
    commits: [{ at: 20 ms, pause: on }, { at: 40 ms, pause: off, nr_regions: { max: 50 } }]
  - ops: paddr
    numa_node: 0
    intervals: { sample_us: 700, aggr_us: 7000, ops_update_us: 20000 }
    kdamond: { cpu: 2 }
    commits: [{ at: 35 ms, targets: [{ regions: [{ start: 1 MiB, end: 24 MiB }] }] }]
    schemes:
      - action: migrate_hot
        target_nid: 1
        access_pattern: { nr_accesses: { min: 2 samples, max: max } }
        quotas: { sz_bytes: 1 MiB, reset_interval_ms: 10 }
  - start: 30 ms
    intervals: { sample_us: 500, aggr_us: 5000, ops_update_us: 20000 }
    schemes: [{ apply_interval_us: 2 ms }]
`,
  'tuned intervals, no TLB, nobody waits': `
tlb: off
topology: { nodes: [{ cpus: 3, memory: 64 MiB }] }
processes:
  - workload: { pattern: hot_cold, size: 4 MiB, duration: 2 s, access: 200 ns, drift: 40 ms }
    threads: 3
duration: 120 ms
monitor:
  intervals:
    sample_us: 500
    aggr_us: 5000
    ops_update_us: 20000
    intervals_goal: { access_bp: 4%, aggrs: 3, min_sample_us: 100, max_sample_us: 10000 }
`,
  // Cuts for quotas and filters, priorities, a goal, new schemes online.
  schemes: `
topology: { nodes: [{ cpus: 2, memory: 64 MiB }, { cpus: 1, memory: 64 MiB }] }
processes:
  - workload: { pattern: hot_cold, size: 16 MiB, duration: 80 ms, access: 50 ns }
    threads: 2
  - workload: { pattern: zipf, size: 4 MiB, duration: 60 ms, access: 50 ns }
monitor:
  intervals: { sample_us: 500, aggr_us: 5000, ops_update_us: 20000 }
  nr_regions: { min: 10, max: 200 }
  schemes:
    - apply_interval_us: 2 ms
      quotas: { sz_bytes: 3000001, reset_interval_ms: 8, weights: { sz_permil: 0, nr_accesses_permil: 1, age_permil: 1 } }
      filters: [{ filter_type: target, damon_target_idx: 1 }]
  commits:
    - at: 30 ms
      schemes:
        - quotas: { reset_interval_ms: 4, goals: [{ metric: node_mem_free_bp, target_value: 90 %, nid: 0 }] }
        - filters: [{ filter_type: addr, allow: true, address_range: { start: 0, end: 0x7f0000000000 } }]
`,
  // What is promoted hangs on the room that kswapd makes between two faults.
  'promotion by NUMA balancing, demotion by reclaim': `
topology: { nodes: [{ cpus: 2, memory: 8 MiB }, { cpus: 0, memory: 24 MiB }, { cpus: 0, memory: 4 MiB }] }
swap: 8 MiB
demotion: on
processes:
  - workload: { pattern: hot_cold, size: 24 MiB, hot_ratio: 0.1, drift: 30 ms, duration: 1 s, access: 100 ns }
    threads: 2
    cpus: [0, 1]
duration: 120 ms
numa_balancing: { mode: 2, scan_delay_ms: 1, scan_period_min_ms: 10, scan_period_max_ms: 50, scan_size_mb: 4, hot_threshold_ms: 10 }
monitor: { intervals: { sample_us: 500, aggr_us: 5000, ops_update_us: 20000 } }
`,
  // Memory is short: which pages go, and where others lie then, depends on the order of faults, reclaim and actions.
  'actions of schemes, reclaim and swap': `
topology: { nodes: [{ cpus: 2, memory: 12 MiB }, { cpus: 1, memory: 12 MiB }] }
tlb: { entries: 64, ways: 4 }
thp: madvise
swap: { size: 24 MiB, in: 60 us, out: 2 us }
processes:
  - workload: { pattern: hot_cold, size: 16 MiB, hot_ratio: 0.2, drift: 20 ms, duration: 1 s, write_ratio: 0.3, access: 200 ns }
    threads: 2
    cpus: [0, 2]
  - workload: { pattern: zipf, size: 10 MiB, duration: 1 s, access: 200 ns }
    cpus: [1]
    memcg: /cache
    madvise: [{ at: 20 ms, every: 25 ms, advice: free, region: data, length: 6 MiB }]
duration: 90 ms
monitor:
  sample_control: { primitive: page_fault }
  intervals: { sample_us: 500, aggr_us: 5000, ops_update_us: 20000 }
  nr_regions: { min: 100, max: 400 }
  schemes:
    - { action: hugepage, filters: [{ filter_type: target, damon_target_idx: 0, allow: true }] }
    - action: migrate_hot
      access_pattern: { nr_accesses: { min: 20 %, max: max } }
      dests: [{ id: 0, weight: 1 }, { id: 1, weight: 1 }]
      filters: [{ filter_type: memcg, memcg_path: /cache, matching: true, allow: false }]
    - action: pageout
      access_pattern: { nr_accesses: { min: 0 %, max: 0 % } }
      quotas: { sz_bytes: 1 MiB, time_ms: 2 ms, reset_interval_ms: 8 ms }
    - { action: cold, apply_interval_us: 11 ms }
    - { action: collapse, access_pattern: { nr_accesses: { min: 10 %, max: max } }, apply_interval_us: 7 ms }
`,
  // How long memory takes depends on what all CPUs together moved in the epoch before.
  'memory that slows down under load': `
topology:
  nodes: [{ cpus: 2, memory: 48 MiB }, { cpus: 2, memory: 48 MiB }, { cpus: 0, memory: 48 MiB }]
  bandwidth_GBps: [4, 2, 1]
tlb: { entries: 64, ways: 4 }
weighted_interleave: [4, 2, 1]
processes:
  - workload: { pattern: hot_cold, size: 16 MiB, hot_ratio: 0.2, drift: 20 ms, duration: 50 ms, write_ratio: 0.3, access: 5 ns }
    threads: 3
    mempolicy: weighted_interleave
  - workload: { masim: steps.cfg, nr_accesses_per_region: 500, default_rw_mode: rw }
    threads: 2
    cpus: [1, 3]
    mempolicy: { mode: bind, nodes: [1, 2] }
${MONITOR}`,
};

export const scenarioNames = Object.keys(YAML);

/** The scenario called `name` with `seed`; masim configs are read from this directory. */
export function scenario(name: string, seed: number): ResolvedScenario {
  return parseScenario(YAML[name], new URL('test.yaml', import.meta.url).pathname, [{ flag: '--seed', key: 'seed', value: String(seed) }]);
}
