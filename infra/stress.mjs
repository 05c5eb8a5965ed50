/**
 * `npm run stress [-- --seconds 60 --seed N]`: machines in wall time, drawn at random, one after the other until the time is over: 2 to 64
 * CPUs that race with a kdamond and its schemes, NUMA balancing, reclaim, hand-overs, commits, pauses and migrations. At the end of each machine its accounts must
 * balance (`--check`), and all its threads must be gone. With --seed only that machine.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { build, main, prepare, StepError } from './lib.mjs';

const STRATEGIES = ['share_all', 'runtime_full', 'runtime_half', 'tagged'];
const MOST_SEEDS = 2 ** 31;

main(async () => {
  const { seconds, seed } = readOptions();
  prepare();
  build();
  const untilMs = performance.now() + 1000 * seconds;
  let machines = 0;
  const sums = {};
  for (let next = seed ?? Math.floor(Math.random() * MOST_SEEDS); ; next = (next + 1) % MOST_SEEDS) {
    try {
      const counters = await oneMachine(next);
      for (const [name, count] of Object.entries(counters)) sums[name] = (sums[name] ?? 0) + count;
    } catch (error) {
      console.error(error.stack);
      throw new StepError(`stress: seed ${next} failed; again: npm run stress -- --seed ${next}`);
    }
    machines++;
    if (seed !== undefined || performance.now() >= untilMs) break;
  }
  console.log(`stress: ${machines} machines, all accounts balance`);
  console.log(
    Object.entries(sums)
      .map(([name, count]) => `  ${name.padEnd(20)} ${count}`)
      .join('\n'),
  );
  return 0;
});

function readOptions() {
  try {
    const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } } });
    const seconds = Number(values.seconds);
    const seed = values.seed === undefined ? undefined : Number(values.seed);
    if (!(seconds > 0) || (seed !== undefined && !Number.isSafeInteger(seed))) throw new Error('numbers are expected');
    return { seconds, seed };
  } catch (error) {
    throw new StepError(`${error.message}; usage: npm run stress -- [--seconds N] [--seed N]`);
  }
}

/** Run the machine of `seed`, disturb it, and let it check itself. Returns what raced in it. */
async function oneMachine(seed) {
  const { Prng } = await import('@damonlab/base');
  const { Machine } = await import('@damonlab/machine');
  const { parseScenario } = await import('@damonlab/scenario');
  const rng = Prng.stream(seed, 'stress');
  const drawn = drawMachine(rng);
  const { machine: config } = parseScenario(JSON.stringify({ seed, ...drawn.scenario }), 'stress.yaml');
  const options = { clock: 'wall', executor: drawn.executor, check: true, observer: new Proxy({}, { get: () => () => {} }) };
  const machine = await Machine.create(config, options);
  const { workers } = machine;
  const over = new AbortController();
  const done = {};
  try {
    const disturbed = disturb(machine, rng, drawn, over.signal, done);
    try {
      await machine.run();
    } finally {
      over.abort();
      await disturbed;
    }
  } finally {
    await machine.close();
  }
  if (workers.some(({ threadId }) => threadId !== -1)) throw new Error('a worker is left');
  const all = machine.runCounters();
  const races = Object.fromEntries(RACES.map((name) => [name, all[name] ?? 0]));
  const { cpus, strategy, memory } = drawn;
  console.log(`seed ${seed}: ${cpus} CPUs, ${drawn.executor}, ${strategy}, ${memory}: ${JSON.stringify({ ...races, ...done })}`);
  return { ...races, ...done };
}

const RACES = [
  'accesses',
  'pgfault',
  'descheduled',
  'delivered',
  'numab_delivered',
  'lost_claims',
  'lost_first_touches',
  'stale_tlb_hits',
  'numa_ring_full',
  'ring_full',
  'pgmigrate_success',
  'pswpout',
  'pswpin',
];

/** A machine of two nodes, small memory, short intervals: as many faults as possible. */
function drawMachine(rng) {
  const one = (list) => list[rng.below(list.length)];
  const perNode = 2 ** rng.below(6);
  const cpus = 2 * perNode;
  const threads = 2 + rng.below(2 * cpus - 1);
  const strategy = one(STRATEGIES);
  const node = () => ({ cpus: perNode, memory: '64 MiB' });
  const workload = {
    pattern: one(['zipf', 'pointer_chase']),
    size: `${4 + rng.below(24)} MiB`,
    duration: '100 s',
    access: one(['100 ns', '1 us']),
  };
  const scenario = {
    topology: {
      nodes: [node(), node()],
      distance: [
        [10, 20],
        [20, 10],
      ],
      latency_ns: [
        [80, 140],
        [140, 80],
      ],
    },
    thp: one(['never', 'never', 'always']),
    duration: `${500 + rng.below(1000)} ms`,
    processes: [{ name: 'racers', workload, threads }],
    monitor: {
      sample_control: { primitive: 'page_fault', channel: one(['per_cpu_rings', 'single_array']) },
      intervals: { sample_us: one([500, 2000, 5000]), aggr_us: 50_000, ops_update_us: 200_000 },
      nr_regions: { min: 100, max: 1000 },
    },
    numa_balancing: { scan_delay_ms: 1, scan_period_min_ms: 10, scan_period_max_ms: 50, scan_size_mb: 16 },
    sharing: { strategy },
  };
  const executor = one(['threads', 'threads', 'lanes:2', 'lanes:5']);
  const memory = one(Object.keys(MEMORIES));
  MEMORIES[memory](scenario);
  return { scenario, cpus, strategy, executor, memory };
}

/** What memory does beside being touched. */
const MEMORIES = {
  plain() {},
  /** Too little of it: pages go to swap space, by themselves and by a scheme. */
  swap(scenario) {
    scenario.thp = 'never';
    scenario.swap = '64 MiB';
    for (const node of scenario.topology.nodes) node.memory = '12 MiB';
    scenario.monitor.schemes = [{ action: 'pageout', access_pattern: { nr_accesses: { min: 0, max: 0 } } }];
  },
  schemes(scenario) {
    scenario.monitor.schemes = [
      { action: 'migrate_hot', target_nid: 1, access_pattern: { nr_accesses: { min: 1, max: 'max' } } },
      { action: 'migrate_cold', target_nid: 0, access_pattern: { nr_accesses: { min: 0, max: 0 } } },
    ];
  },
  load(scenario) {
    scenario.topology.bandwidth_GBps = [2, 1];
    scenario.weighted_interleave = [2, 1];
    scenario.processes[0].mempolicy = 'weighted_interleave';
    scenario.latency_every = 101;
  },
};

/** Ask the machine for this and that until `over`; `done` counts. */
async function disturb(machine, rng, { strategy }, over, done) {
  const exclusive = strategy.startsWith('runtime');
  const ended = aborted(over);
  const count = (name) => {
    done[name] = (done[name] ?? 0) + 1;
  };
  const acts = [
    async () => {
      const users = ['damon', 'numa_balancing'];
      const start = exclusive ? [users[rng.below(2)]] : users.filter(() => rng.below(2) === 0);
      // A request that comes when the run is over is never answered.
      await Promise.race([machine.handOver({ stop: users, start }), ended]);
      count('handovers');
    },
    () => {
      const minNrRegions = 10 + rng.below(200);
      machine.commit({ minNrRegions, maxNrRegions: minNrRegions + rng.below(1000), sampleUs: 500 + rng.below(5000) });
      count('commits');
    },
    async () => {
      machine.pause();
      await sleep(rng.below(20));
      machine.resume();
      count('pauses');
    },
    () => {
      const { image } = machine.memory;
      const first = rng.below(image.pteFlags.length);
      for (let i = 0; i < 200; i++) {
        const pte = (first + rng.below(4096)) % image.pteFlags.length;
        if ((image.pteFlags[pte] & 8) !== 0 && machine.memory.migrate(pte, rng.below(2)) === 'migrated') count('migrations');
      }
    },
  ];
  while (!over.aborted) {
    await sleep(1 + rng.below(20));
    if (!over.aborted) await acts[rng.below(acts.length)]();
  }
}

function aborted(signal) {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
