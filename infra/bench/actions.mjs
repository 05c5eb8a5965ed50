/** What schemes' actions cost the host for each page, with the LRU lists kept, on one region of 512 MiB. */
import { Prng } from '../../packages/base/dist/index.js';
import { PaddrActions, VaddrActions } from '../../packages/damon-ops/dist/index.js';
import { damosProfile, Scheme, STAT_EVERYTHING } from '../../packages/damos/dist/index.js';
import { allocateImage, buildAddressSpace, LruAddBatches, Memory, openImage, Reclaim, VmaIndex } from '../../packages/mm/dist/index.js';
import { median } from './median.mjs';

const PAGE = 4096;
const PAGES = 131_072;
const NODE_PAGES = 2 * PAGES;

const toNode = (targetNid) => ({ action: 'migrate_hot', targetNid });
const anon = [{ type: 'anon', matching: true, allow: true }];
/** What is done again and again, two schemes by turns. */
const SETUPS = [
  { name: 'vaddr migrate_hot', ops: 'vaddr', schemes: [toNode(1), toNode(0)] },
  {
    name: 'vaddr migrate_hot, dests 1:1',
    ops: 'vaddr',
    schemes: [
      { ...toNode(-1), dests: dests(1, 0) },
      { ...toNode(-1), dests: dests(0, 1) },
    ],
  },
  { name: 'paddr migrate_hot', ops: 'paddr', schemes: [toNode(1), toNode(0)] },
  { name: 'vaddr migrate_hot, nothing to move', ops: 'vaddr', schemes: [toNode(0), toNode(0)] },
  { name: 'paddr stat, anon filter', ops: 'paddr', schemes: [{ filters: anon }, { filters: anon }] },
  { name: 'paddr lru_prio and lru_deprio', ops: 'paddr', schemes: [{ action: 'lru_prio' }, { action: 'lru_deprio' }] },
  { name: 'vaddr pageout and willneed', ops: 'vaddr', schemes: [{ action: 'pageout' }, { action: 'willneed' }] },
];

/** Pages with even and odd numbers change places. */
function dests(even, odd) {
  return [
    { nid: even, weight: 1 },
    { nid: odd, weight: 1 },
  ];
}

/** @param {{ quick: boolean, progress: (text: string) => void }} ctx */
export async function run(ctx) {
  const rounds = ctx.quick ? 2 : 10;
  const rows = SETUPS.map((setup) => {
    ctx.progress(`actions: ${setup.name}`);
    return { action: setup.name, ns_per_page: median(Array.from({ length: 5 }, () => measure(setup, rounds))) };
  });
  return { title: `Actions on ${(PAGES * PAGE) / 2 ** 20} MiB of base pages`, columns: COLUMNS, rows, notes: NOTES };
}

function measure({ ops, schemes }, rounds) {
  const { actions, start, end } = machine(ops);
  const [there, back] = schemes.map((changes) => new Scheme({ ...STAT_EVERYTHING, ...changes }));
  const round = (n) => {
    for (const scheme of [there, back]) {
      scheme.nextApplySis = n;
      actions.apply(scheme, 0, start, end);
    }
  };
  round(0);
  const before = process.cpuUsage();
  for (let n = 1; n <= rounds; n++) round(n);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1_000) / (rounds * 2 * PAGES);
}

/** Two nodes, and one process with all its pages on node 0. */
function machine(ops) {
  const topology = {
    name: 'bench',
    nodes: [0, 1].map(() => ({ cpus: 1, memoryBytes: NODE_PAGES * PAGE })),
    distance: [
      [10, 20],
      [20, 10],
    ],
    latencyNs: [
      [1, 2],
      [2, 1],
    ],
  };
  const space = buildAddressSpace(0, [{ name: 'data', role: 'data', bytes: PAGES * PAGE, headerBytes: 0 }], 0, Prng.stream(1, 'layout'));
  const sizes = { nrPtes: space.endPte, nrFrames: 2 * NODE_PAGES };
  const memory = new Memory(topology, openImage(allocateImage(sizes), sizes), 'never', new LruAddBatches([]));
  memory.keepLru();
  const vmas = new VmaIndex([space]);
  memory.reclaim = new Reclaim({ memory, vmas, swapPages: PAGES, cost: { scanNs: 0, outNs: 0, inNs: 0 }, unmapped: () => {} });
  const [vma] = space.vmas;
  for (let pte = vma.firstPte; pte < vma.firstPte + PAGES; pte++) memory.listNew(vma, pte, memory.handleFault(space, vma, pte, 0), -1);
  const cost = { lookNs: 0, migrateNs: 0, pageoutNs: 0 };
  const parts = { memory, vmas, memcgs: ['/'], drop: () => {}, split: () => {}, cost, spend: () => {} };
  if (ops === 'paddr') return { actions: new PaddrActions(parts, () => true, damosProfile('7.3')), start: 0, end: 2 * NODE_PAGES * PAGE };
  const target = { space, alive: () => true, hasMemory: () => true };
  return { actions: new VaddrActions('vaddr', parts, [target]), start: vma.start, end: vma.end };
}

const COLUMNS = [
  { key: 'action', title: 'action' },
  { key: 'ns_per_page', title: 'ns per page', digits: 1 },
];
const NOTES = [
  'CPU time of the host for each base page of the process and action; paddr walks the free frames of both nodes too, three for each page',
  'shootdowns are not in it: the CPUs of a machine pay for them',
];
