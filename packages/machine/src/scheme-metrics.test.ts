import { NS_PER_MS } from '@damonlab/base';
import { STAT_EVERYTHING } from '@damonlab/damos';
import { describe, expect, it } from 'vitest';
import type { MachineConfig } from './config.js';
import { Machine } from './machine.js';
import { buildProcesses } from './processes.js';
import { schemeMetrics } from './scheme-metrics.js';
import { MIB, MONITOR, machineOf, Notes, twoNodes } from './testing/small-machines.js';

const PAGES = 256;
/** Each of the four CPUs holds so many of its latest pages back from the lists. */
const WAITING = 4 * 31;

/** A process that sweeps an area of 1 MiB, all of it on node `nid` before the run. */
function process(name: string, nid: number, memcg?: string) {
  const area = { name: 'data', bytes: MIB, slackBytes: 0, populateNid: nid, everyNs: 0, firstNs: 0, untilNs: 1e9, threads: [] };
  const pattern = { pattern: 'sweep' as const, durationNs: 1e9, writeRatio: 1, computePs: 20_000, spin: true, areas: [area] };
  return {
    name,
    workload: { kind: 'synthetic' as const, name: 'sweep', pattern, threads: 1 },
    cpus: [],
    ...(memcg === undefined ? {} : { memcg }),
  };
}

async function measured(changes: Partial<MachineConfig> = {}) {
  const config = machineOf([process('a', 0, '/app'), process('b', 1, '/app/web'), process('c', 1)], {
    topology: twoNodes(16),
    monitor: { ...MONITOR, schemes: [STAT_EVERYTHING] },
    memory: { actionCost: { lookNs: 0, migrateNs: 0, pageoutNs: 0 } },
    durationNs: 10 * NS_PER_MS,
    ...changes,
  });
  const machine = await Machine.create(config, { executor: 'inline', observer: new Notes() });
  await machine.run();
  await machine.close();
  return schemeMetrics(machine.memory, config, buildProcesses(config));
}

describe('what schemes are told of the machine', () => {
  it('memory of the machine and of a node; a node that is not there has none', async () => {
    const metrics = await measured();
    const [node0, node1] = [metrics.nodeMemory(0), metrics.nodeMemory(1)];
    expect(node0?.totalPages).toBe(16 * PAGES);
    expect(metrics.memory()).toEqual({
      totalPages: 32 * PAGES,
      freePages: Number(node0?.freePages) + Number(node1?.freePages),
    });
    // The two areas on node 1; threads bring their stacks and code to their own node.
    expect(Number(node1?.totalPages) - Number(node1?.freePages)).toBeGreaterThanOrEqual(2 * PAGES);
    expect(metrics.nodeMemory(2)).toBeUndefined();
  });

  it('pages of a cgroup on a node, with what is below it', async () => {
    const metrics = await measured();
    const [app1, web0, web1, all1] = [
      metrics.memcgPages('/app', 1),
      metrics.memcgPages('/app/web', 0),
      metrics.memcgPages('/app/web', 1),
      metrics.memcgPages('/', 1),
    ].map(Number);
    expect(web1).toBeGreaterThanOrEqual(PAGES - WAITING);
    expect(web0).toBeLessThan(PAGES);
    expect(app1).toBeGreaterThanOrEqual(web1);
    expect(app1).toBeLessThan(2 * PAGES);
    expect(all1).toBeGreaterThanOrEqual(2 * PAGES - WAITING);
    expect([metrics.memcgPages('/nobody', 0), metrics.memcgPages('/app', 5)]).toEqual([undefined, undefined]);
    expect([metrics.hasMemcg('/app'), metrics.hasMemcg('/ap')]).toEqual([true, false]);
  });

  it('the LRU lists of the whole machine: nothing is active that nobody asked for', async () => {
    const { active, inactive } = (await measured()).lruPages();
    expect(active).toBe(0);
    expect(inactive).toBeGreaterThanOrEqual(3 * PAGES - WAITING);
  });

  it('no pressure without swap', async () => {
    expect((await measured()).someMemPsiUs()).toBe(0);
  });
});
