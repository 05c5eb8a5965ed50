import type { Run } from '@damonlab/record';
import { parseScenario } from '@damonlab/scenario';
import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.js';

const MIB = 2 ** 20;

/** A hot area of 32 MiB on node 0 of two nodes of 128 MiB, and one scheme of paddr that follows a goal at once. */
async function run(scheme: object, goal: object, more: object = {}): Promise<Run> {
  const quotas = { sz_bytes: '2 MiB', reset_interval_ms: 50, goal_tuner: 'temporal', goals: [goal] };
  const node = { cpus: 1, memory: '128 MiB' };
  const area = { name: 'hot', size: '32 MiB', populate: 0, every: '2 ms' };
  const text = JSON.stringify({
    topology: { nodes: [node, node] },
    duration: '2 s',
    processes: [{ name: 'app', memcg: '/app', cpus: [0], workload: { pattern: 'sweep', duration: '2 s', areas: [area] } }],
    monitor: {
      ops: 'paddr',
      intervals: { sample_us: '2 ms', aggr_us: '20 ms', ops_update_us: '1 s' },
      nr_regions: { min: 50, max: 200 },
      schemes: [{ access_pattern: { nr_accesses: { min: '5 samples', max: 'max' } }, quotas, ...scheme }],
    },
    ...more,
  });
  return simulate(parseScenario(text, 'goal.yaml'));
}

/** MiB of the area on node `nid` at the end. */
function mibOn({ tables: { placement } }: Run, nid: number): number {
  const last = placement[placement.length - 1].endNs;
  return placement.filter((row) => row.endNs === last && row.nid === nid).reduce((sum, { pages }) => sum + (pages * 4096) / MIB, 0);
}

const toNode1 = { action: 'migrate_hot', target_nid: 1 };

describe('what a goal follows on a machine', () => {
  it('node_eligible_mem_bp: hot memory moves until half of it is there', async () => {
    const moved = mibOn(await run(toNode1, { metric: 'node_eligible_mem_bp', target_value: '50 %', nid: 1 }), 1);
    expect(moved).toBeGreaterThanOrEqual(14);
    expect(moved).toBeLessThanOrEqual(19);
  });

  it('node_mem_used_bp: until a tenth of the node is used', async () => {
    const moved = mibOn(await run(toNode1, { metric: 'node_mem_used_bp', target_value: '10 %', nid: 1 }), 1);
    expect(moved).toBeGreaterThan(11);
    expect(moved).toBeLessThanOrEqual(15);
  });

  it('node_memcg_used_bp: until the group uses so much of it', async () => {
    const goal = { metric: 'node_memcg_used_bp', target_value: '5 %', nid: 1, memcg_path: '/app' };
    const moved = mibOn(await run(toNode1, goal), 1);
    expect(moved).toBeGreaterThan(5);
    expect(moved).toBeLessThanOrEqual(9);
  });

  it('active_mem_bp: pages are activated until a quarter is active', async () => {
    const { counters } = await run({ action: 'lru_prio' }, { metric: 'active_mem_bp', target_value: '25 %' });
    const activated = (counters.pgactivate * 4096) / MIB;
    expect(activated).toBeGreaterThanOrEqual(8);
    expect(activated).toBeLessThanOrEqual(11);
  });

  it('inactive_mem_bp: reached from the start, so nothing is done', async () => {
    const { counters } = await run({ action: 'lru_prio' }, { metric: 'inactive_mem_bp', target_value: '50 %' });
    expect(counters.pgactivate).toBe(0);
  });

  it('some_mem_psi_us: what is paged out is missed, and that stops it', async () => {
    const idle = { action: 'pageout', access_pattern: { nr_accesses: { min: '0 samples', max: 'max' } } };
    const area = { name: 'rare', size: '32 MiB', every: '300 ms' };
    const processes = [{ name: 'app', cpus: [0], workload: { pattern: 'sweep', duration: '2 s', areas: [area] } }];
    const withSwap = { swap: { size: '64 MiB', in: '1 ms' }, processes };
    const goal = (target_value: string) => ({ metric: 'some_mem_psi_us', target_value });
    const sizesOf = ({ tables: { schemes } }: Run) => new Set(schemes.map(({ effectiveBytes }) => effectiveBytes));
    const soon = await run(idle, goal('1 us'), withSwap);
    expect(soon.counters.psi_mem_some_us).toBeGreaterThan(0);
    expect(sizesOf(soon)).toEqual(new Set([2 * MIB, 0]));
    expect(sizesOf(await run(idle, goal('10 s'), withSwap))).toEqual(new Set([2 * MIB]));
  });
});
