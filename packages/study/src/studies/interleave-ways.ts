import type { Settings } from '../study.js';

/** Somebody who knows when commits other weights: `stream` at the half, `one two one` when the second comes and when it goes. */
const TOLD: Readonly<Record<string, readonly [first: string, ...(readonly [at: string, then: string])[]]>> = {
  stream: ['1:0', ['300 ms', '3:1']],
  convert: ['1:1', ['300 ms', '2:1']],
  'one two one': ['1:0', ['400 ms', '3:1'], ['1200 ms', '1:0']],
};

/** As all times here a tenth of what one would take on a real machine. */
const TUNER = { sample: '5 ms', adjust: '50 ms', cutoff: '80 %' };
const TUNERS: Readonly<Record<string, object>> = { tuned: TUNER, 'tuned slowly': { ...TUNER, adjust: '200 ms' } };
const DAMON = {
  ops: 'vaddr',
  intervals: { sample_us: '500 us', aggr_us: '10 ms', ops_update_us: '100 ms' },
  nr_regions: { min: 10, max: 200 },
};
const APPLY = '20 ms';
const QUOTA_WINDOW = '40 ms';
const SCANS = { scan_delay_ms: 100, scan_period_min_ms: 100, scan_period_max_ms: 6_000, hot_threshold_ms: 100 };

const HOT = { nr_accesses: { min: '5 %', max: 'max' } };
const COLD = { nr_accesses: { min: 0, max: 0 }, age: { min: '100 ms', max: 'max' } };

/** How pages get where the weights say. */
interface Way {
  /** The programs ask for weighted interleaving: new pages go by the weights in sysfs. */
  readonly policy?: true;
  /** What `migrate_hot` by weighted destinations takes; left out: no scheme moves anything. */
  readonly scheme?: object;
  /** Cold memory leaves the fast node when less than 5 % of it are free. */
  readonly demotion?: true;
  readonly numa?: object;
}

const upTo = (bytes: string) => ({ access_pattern: HOT, quotas: { sz_bytes: bytes, reset_interval_ms: QUOTA_WINDOW } });

export const WAYS: Readonly<Record<string, Way>> = {
  'new pages': { policy: true },
  dests: { scheme: { access_pattern: HOT } },
  'dests, all pages': { scheme: {} },
  'dests, 200 MiB/s': { scheme: upTo('8 MiB') },
  'dests, 25 MiB/s': { scheme: upTo('1 MiB') },
  'dests, demote': { scheme: { access_pattern: HOT }, demotion: true },
  'dests, numab': { scheme: { access_pattern: HOT }, numa: { mode: 2, ...SCANS } },
  mempolicy: { policy: true, scheme: { access_pattern: HOT } },
  'numab local': { numa: { mode: 2, ...SCANS } },
  'numab by weight': { policy: true, numa: { mode: 1, lab_by_weight: 'on', ...SCANS } },
};

/** Settings of a way with some weights: `told` are those of the workload, `tuned…` are the tuner's. */
export function settingsOfWay(name: string, weights: string, workload: string): Settings {
  const way = WAYS[name];
  const [told, ...changes] = TOLD[workload] ?? TOLD[workload.startsWith('stream') ? 'stream' : 'one two one'];
  const tuner = TUNERS[weights];
  const first = weights === 'told' ? told : tuner === undefined ? weights : '1:0';
  const schemes = schemesOf(way, first);
  const commits = changes.map(([at, then]) => ({ at, schemes: schemesOf(way, then) }));
  const monitor = { ...DAMON, schemes, ...(weights === 'told' ? { commits } : {}) };
  return {
    ...(schemes.length === 0 ? {} : { monitor: JSON.stringify(monitor) }),
    ...(way.policy === undefined || weights === '1:0' ? {} : policyOf(first)),
    ...(tuner === undefined ? {} : { 'policies.interleave_tuner': JSON.stringify(tuner) }),
    ...(way.numa === undefined ? {} : { numa_balancing: JSON.stringify(way.numa) }),
  };
}

/** In sysfs no weight can be 0. */
function policyOf(weights: string): Settings {
  const inSysfs = weights === '1:0' ? [255, 1] : weights.split(':').map(Number);
  return { 'processes.*.mempolicy': 'weighted_interleave', weighted_interleave: JSON.stringify(inSysfs) };
}

function schemesOf({ scheme, demotion }: Way, weights: string): object[] {
  const dests = weights.split(':').map((weight, id) => ({ id, weight: Number(weight) }));
  const goals = [{ metric: 'node_mem_free_bp', target_value: '5 %', nid: 0 }];
  const quotas = { reset_interval_ms: QUOTA_WINDOW, goal_tuner: 'temporal', goals };
  return [
    ...(demotion === undefined ? [] : [{ action: 'migrate_cold', target_nid: 1, access_pattern: COLD, quotas }]),
    ...(scheme === undefined ? [] : [{ action: 'migrate_hot', dests, apply_interval_us: APPLY, ...scheme }]),
  ];
}
