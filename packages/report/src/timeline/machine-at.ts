import type { Run } from '@damonlab/record';
import { at, hasTopology, nodeOfCpus } from '../attribution/keys.js';

/** The machine at one time: which thread was on which CPU, and which pages lay on which node. */
export interface MachineAt {
  readonly nodes: readonly NodeAt[];
  /** Pages by node, of every region of the workload; empty on a machine of one node. */
  readonly regions: readonly { readonly target_id: number; readonly name: string; readonly pages: readonly number[] }[];
}

export interface NodeAt {
  readonly nid: number;
  /** 0 if the node does not say. */
  readonly memory: number;
  readonly cpus: readonly {
    readonly cpu: number;
    /** Share of the window in which a thread ran; null: nothing was counted then. */
    readonly busy: number | null;
    readonly threads: readonly number[];
  }[];
}

/** Null: the run does not know its topology (a damo record). */
export function machineAt(run: Run, ns: number): MachineAt | null {
  if (!hasTopology(run)) return null;
  const during = <T extends { readonly startNs: number; readonly endNs: number }>(rows: readonly T[]) =>
    rows.filter(({ startNs, endNs }) => startNs <= ns && ns < endNs);
  const threads = threadsOf(run, during);
  const busy = new Map(during(run.cpuCounters).map(({ cpu, startNs, endNs, busyNs }) => [cpu, busyNs / (endNs - startNs)]));
  const nodeOfCpu = nodeOfCpus(run);
  const nodes = [...new Set(nodeOfCpu)].map((nid) => ({
    nid,
    memory: Number(at(run.manifest?.scenario, ['machine', 'topology', 'nodes', String(nid), 'memoryBytes']) ?? 0),
    cpus: nodeOfCpu.flatMap((node, cpu) =>
      node === nid ? [{ cpu, busy: busy.get(cpu) ?? null, threads: [...(threads.get(cpu) ?? [])].sort((a, b) => a - b) }] : [],
    ),
  }));
  return { nodes, regions: regionsOf(during(run.tables.placement)) };
}

type During = <T extends { readonly startNs: number; readonly endNs: number }>(rows: readonly T[]) => T[];

/** By CPU; where threads are not recorded, those that made an access from there. */
function threadsOf({ tables, accessTruth }: Run, during: During): Map<number, Set<number>> {
  const rows = tables.threads.length > 0 ? during(tables.threads) : during(accessTruth).flatMap((window) => window.rows);
  const byCpu = new Map<number, Set<number>>();
  for (const { cpu, tid } of rows) byCpu.set(cpu, (byCpu.get(cpu) ?? new Set()).add(tid));
  return byCpu;
}

function regionsOf(rows: Run['tables']['placement']): MachineAt['regions'] {
  const regions = new Map<string, { target_id: number; name: string; pages: number[] }>();
  for (const { targetId, region, start, nid, pages } of rows) {
    const key = `${targetId} ${start}`;
    const found = regions.get(key) ?? { target_id: targetId, name: region, pages: [] };
    regions.set(key, found);
    found.pages[nid] = pages;
  }
  return [...regions.values()];
}
