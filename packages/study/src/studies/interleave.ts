import { INTERLEAVE_FIGURES, interleaveFigures } from '../figures/interleave.js';
import type { Level, Point, Published, Settings, Study } from '../study.js';
import { settingsOfWay, WAYS } from './interleave-ways.js';

/** Pages on the fast node to pages on the slow one. */
const STATIC = ['1:0', '5:1', '3:1', '2:1', '1:1'];

/** Which weights which ways are tried with, by workload. */
const TRIED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'stream x2': { 'new pages': STATIC },
  'stream x4': { 'new pages': STATIC, dests: ['told'] },
  'stream x8': { 'new pages': STATIC, dests: ['told'] },
  'even x8': { 'new pages': ['1:0', '2:1', '1:1'] },
  convert: { dests: ['told'] },
  far: { 'numab local': ['1:0'], 'numab by weight': ['3:1'] },
  'one two one': {
    'new pages': ['1:0', '3:1', 'tuned'],
    dests: ['told', 'tuned'],
    'dests, all pages': ['told'],
    'dests, 200 MiB/s': ['told', 'tuned'],
    'dests, 25 MiB/s': ['told', 'tuned', 'tuned slowly'],
    'dests, numab': ['told'],
    mempolicy: ['tuned'],
    'numab by weight': ['3:1', 'tuned'],
  },
  'full node': { 'new pages': ['1:0'], dests: ['told'], 'dests, demote': ['told'] },
};
const ONLY_FULL = ['dests, 200 MiB/s', 'dests, numab'];

/** `threads` that ask for three quarters of the fast node's bandwidth each. */
const streamOf = (name: string, threads: number, set: Settings = {}): Level => ({
  name,
  scenario: 'stream',
  set: { ...set, 'processes.0.threads': String(threads) },
});

const PATCHES = 'mm/damon/vaddr: Allow interleaving in migrate_{hot,cold} actions, v3';
const newPages = (workload: string, weights: string): Point => ({ workload, way: 'new pages', weights });
const bestAreBandwidths = (other: string): Published => ({
  source: PATCHES,
  claim: `3:1 is best where the bandwidths are 72 and 26 GB/s, so no worse than ${other}`,
  expect: { figure: 'during_end', point: newPages('stream x8', '3:1'), than: newPages('stream x8', other), least: 1 },
});

/** Whether memory that gives more bandwidth together than each node alone is used like that, and only when it is needed. */
export const interleaveStudy: Study = {
  name: 'interleave',
  question: 'Is hot memory best spread over DRAM and CXL memory by the ratio of their bandwidths, and who spreads it in time?',
  axes: [
    {
      name: 'workload',
      title: 'workload',
      levels: [
        streamOf('stream x2', 2),
        { ...streamOf('stream x4', 4), quick: false },
        streamOf('stream x8', 8),
        streamOf('even x8', 8, { 'topology.bandwidth_GBps': '[0.765625, 0.765625]' }),
        streamOf('convert', 2),
        streamOf('far', 4, { 'processes.0.workload.areas.0.populate': '1' }),
        { name: 'one two one', scenario: 'one-two-one' },
        { name: 'full node', scenario: 'one-two-one', set: { 'topology.nodes.0.memory': '20 MiB' } },
      ],
    },
    { name: 'way', title: 'way', levels: Object.keys(WAYS).map((name) => ({ name, quick: !ONLY_FULL.includes(name) })) },
    {
      name: 'weights',
      title: 'weights',
      levels: [...STATIC, 'told', 'tuned', 'tuned slowly'].map((name) => ({ name, quick: name !== 'tuned slowly' })),
    },
  ],
  possible: ({ workload, way, weights }) => TRIED[workload][way]?.includes(weights) ?? false,
  alsoSet: ({ workload, way, weights }) => settingsOfWay(way, weights, workload),
  set: {},
  quickSet: {},
  seeds: { quick: 3, full: 12 },
  figures: INTERLEAVE_FIGURES,
  measure: interleaveFigures,
  tables: {
    headline: [
      'before',
      'during',
      'during_end',
      'after',
      'iteration_change',
      'local_during',
      'local_after',
      'adapt',
      'readapt',
      'moved',
      'kdamond',
    ],
    columns: 'workload',
  },
  comparisons: [
    { axis: 'weights', base: '1:0', by: ['workload', 'way'], figures: ['before', 'during_end'] },
    { axis: 'way', base: 'dests', by: ['workload', 'weights'], figures: ['during', 'after', 'moved'] },
  ],
  controls: [
    { kind: 'same', point: { workload: 'stream x8', way: 'dests', weights: 'told' } },
    {
      kind: 'broken',
      name: 'most pages go to the slow node',
      point: newPages('stream x8', '3:1'),
      set: { weighted_interleave: '[1, 3]' },
      figure: 'during_end',
    },
    {
      kind: 'broken',
      name: 'the tuner takes a full node for an idle one',
      point: { workload: 'one two one', way: 'dests', weights: 'tuned' },
      set: { 'policies.interleave_tuner.cutoff': '100 %' },
      figure: 'during_end',
    },
  ],
  published: [
    {
      source: PATCHES,
      claim: 'an iteration of an embedding reduction takes 5.63 s after 1:0 -> 3:1, and 7.6 s before, 0.74 of it',
      expect: { figure: 'iteration_change', point: { workload: 'stream x8', way: 'dests', weights: 'told' }, least: 0.7, most: 0.8 },
    },
    bestAreBandwidths('5:1'),
    bestAreBandwidths('2:1'),
    {
      source: PATCHES,
      claim: 'after 1:1 -> 2:1 two thirds of the memory are on the first node',
      expect: { figure: 'local_during', point: { workload: 'convert', way: 'dests', weights: 'told' }, least: 65.7, most: 67.7 },
    },
    {
      source: 'RFC DAMOS_INTERLEAVE',
      claim: 'one application that takes 75 % of the local bandwidth has no use for remote memory',
      expect: { figure: 'before', point: newPages('one two one', '3:1'), than: newPages('one two one', '1:0'), most: 1 },
    },
    {
      source: 'RFC DAMOS_INTERLEAVE',
      claim: 'two of them have',
      expect: { figure: 'during_end', point: newPages('one two one', '3:1'), than: newPages('one two one', '1:0'), least: 1 },
    },
  ],
  plots: [
    {
      name: 'weights',
      title: 'Throughput by the weights of new pages',
      x: 'weights',
      panels: 'way',
      color: 'workload',
      figures: ['during_end'],
      at: { way: 'new pages' },
    },
    {
      name: 'ways',
      title: 'One, then two, then one again',
      x: 'way',
      panels: 'workload',
      color: 'weights',
      figures: ['before', 'during', 'after', 'adapt', 'moved'],
      at: { workload: 'one two one' },
    },
  ],
  conclusions: [
    { axis: 'weights', levels: STATIC, figures: ['during_end'], say: 'rank' },
    { axis: 'weights', levels: STATIC, figures: ['during_end'], say: 'list' },
    { axis: 'way', levels: ['new pages', 'dests', 'mempolicy', 'numab by weight'], figures: ['during', 'after'], say: 'rank' },
    {
      axis: 'way',
      levels: ['dests', 'dests, all pages', 'dests, 25 MiB/s'],
      figures: ['during', 'adapt', 'readapt', 'moved'],
      say: 'list',
    },
  ],
};
