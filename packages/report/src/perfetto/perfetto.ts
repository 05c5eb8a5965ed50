import { EXPORTER, type Run } from '@damonlab/record';
import { faultLanes } from '../timeline/fault-lanes.js';
import { timeline } from '../timeline/timeline.js';
import { type TraceEvent, Track } from './events.js';

/** A trace in the JSON form of the Trace Event Format. */
export interface PerfettoTrace {
  readonly traceEvents: readonly TraceEvent[];
  readonly displayTimeUnit: 'ns';
  readonly otherData: Readonly<Record<string, string>>;
}

/**
 * The run as a trace: who ran on each CPU and the first faults of each window there, what the kdamond did, who had the hinting faults, scans, phases, and counters.
 * Slices of CPUs are as long as the thread ran in the window, but where in the window it ran was not recorded: they stand at its begin.
 */
export function perfettoTrace(run: Run): PerfettoTrace {
  const tracks = [cpus(run), kdamond(run), faults(run), workload(run), counters(run)];
  return {
    traceEvents: tracks.flatMap(({ events }) => events),
    displayTimeUnit: 'ns',
    otherData: { exporter: EXPORTER, run: run.name, state: run.state, scenario_hash: run.manifest?.scenarioHash ?? '' },
  };
}

function cpus(run: Run): Track {
  const track = new Track(1, 'CPUs');
  const names = new Map(run.cpuCounters.map(({ cpu }) => [cpu, `cpu ${cpu}`]));
  for (const [cpu, name] of [...names].sort(([a], [b]) => a - b)) track.thread(cpu + 1, name);
  if (run.tables.threads.length > 0) threadSlices(run, track);
  else busySlices(run, track);
  faultMarks(run, track);
  return track;
}

/** The first faults of each window: who faulted where. */
function faultMarks({ tables }: Run, track: Track): void {
  for (const { atNs, kind, cpu, tid, targetId, addr, write, nid } of tables.faults) {
    const args = { tid, target_id: targetId, addr: `0x${addr.toString(16)}`, write, nid };
    track.thread(cpu + 1, `cpu ${cpu}`);
    track.mark(cpu + 1, kind === 'hint_fault' ? 'hinting fault' : 'first touch', 'fault', atNs, args);
  }
}

/** The threads of a window one behind the other on the CPU that they were on at its end. */
function threadSlices({ tables }: Run, track: Track): void {
  const taken = new Map<string, number>();
  for (const { cpu, tid, startNs, endNs, execNs } of tables.threads) {
    if (execNs === 0) continue;
    const key = `${cpu} ${endNs}`;
    const from = startNs + (taken.get(key) ?? 0);
    taken.set(key, (taken.get(key) ?? 0) + execNs);
    track.thread(cpu + 1, `cpu ${cpu}`);
    // A thread that came from another CPU ran there, too: what does not fit here is cut.
    if (from < endNs) track.slice(cpu + 1, `thread ${tid}`, 'thread', from, Math.min(from + execNs, endNs), { exec_ns: execNs });
  }
}

function busySlices(run: Run, track: Track): void {
  for (const { cpu, startNs, busyNs, accesses, tlbMisses } of run.cpuCounters) {
    if (busyNs > 0) track.slice(cpu + 1, 'busy', 'cpu', startNs, startNs + busyNs, { accesses, tlb_misses: tlbMisses });
  }
}

function kdamond(run: Run): Track {
  const track = new Track(2, 'kdamond');
  for (const { targetId, startNs, endNs, sampleUs, aggrUs, start } of run.snapshots) {
    track.thread(targetId + 1, `target ${targetId}`);
    const args = { sample_us: sampleUs, aggr_us: aggrUs, nr_regions: start.length };
    track.slice(targetId + 1, 'aggregation', 'damon', startNs, endNs, args);
  }
  for (const { atNs, scheme, action, szTried, szApplied } of run.tables.schemes) {
    track.instant(`scheme ${scheme} ${action}`, 'damos', atNs, { sz_tried: szTried, sz_applied: szApplied });
  }
  return track;
}

function faults(run: Run): Track {
  const track = new Track(3, 'hinting faults');
  for (const lane of faultLanes(run)) {
    if (lane.kind !== 'bands') continue;
    lane.bands.forEach(({ name, spans }, i) => {
      track.thread(i + 1, name);
      for (const [from, to] of spans) track.slice(i + 1, `${name} has them`, 'owner', from, to);
    });
    for (const { atNs, label } of lane.marks) track.instant(label, 'hand-over', atNs);
  }
  for (const pass of run.tables.scan_passes) {
    const { atNs, tid, cpu, costNs, ptesUpdated, pagesWalked } = pass;
    const args = { cpu, ptes_updated: ptesUpdated, pages_walked: pagesWalked };
    track.span(`scan ${tid} ${atNs}`, `scan of thread ${tid}`, 'numa_balancing', atNs, atNs + costNs, args);
  }
  return track;
}

function workload(run: Run): Track {
  const track = new Track(4, 'workload');
  run.phases.forEach(({ name, targetId, startNs, endNs }, i) => {
    track.span(`phase ${i}`, name, 'phase', startNs, endNs, { target_id: targetId });
  });
  return track;
}

function counters(run: Run): Track {
  const track = new Track(5, 'counters');
  for (const lane of timeline(run)) {
    if (lane.kind !== 'lines') continue;
    for (const { name, startNs, endNs, values } of lane.series) {
      values.forEach((value, i) => {
        track.counter(lane.title, startNs[i], { [name]: value });
        if (startNs[i + 1] !== endNs[i]) track.counter(lane.title, endNs[i], { [name]: 0 });
      });
    }
  }
  return track;
}
