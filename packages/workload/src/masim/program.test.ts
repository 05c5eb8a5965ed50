import { Prng } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { type Access, interpret } from '../../test/interpreter.js';
import type { MasimConfig, MasimOptions } from './config.js';
import { parseMasim } from './parse.js';
import { defaultMasimOptions, masimWorkload } from './workload.js';

const STEPS = parseMasim('a, 10000000\nb, 70000\n\ninit\n2\na, 0, 4096, 1\nb, 0, 4096, 3\n\nb only\n1\nb, 0, 64, 5, ro\n', 'steps.cfg');
const MIXED = parseMasim(
  'big, 9000000000\ntiny, 64\n\nfirst\n4\nbig, 1, 64, 5, rw\ntiny, 0, 16, 2, ro\nbig, 0, 8192, 1\n\nlast\n3\ntiny, 1, 1, 1\nbig, 1, 1, 2\n',
  'm.cfg',
);

/** Data accesses as `region offset-or-page write phase time`. */
type Line = string;

/** masim, statement by statement and one access at a time: the semantics that the program must have. */
function reference(config: MasimConfig, options: MasimOptions, rng: Prng): { lines: Line[]; ps: number; heapNumbers: Set<number> } {
  const units: number[] = [];
  if (config.phases.some((phase) => phase.patterns.some((pattern) => pattern.random))) {
    for (let i = 0; i < 1_000_000; i++) units.push(rng.nextUnit());
  }
  const lines: Line[] = [];
  const heapNumbers = new Set<number>();
  let ps = 0;
  let array = 0;
  let used = 0;
  const rndint = (): number => {
    if (used === 1000) {
      array = rng.below(1000);
      used = 0;
    }
    const number = array * 1000 + used++;
    heapNumbers.add(number);
    return number;
  };
  for (let repeat = 0; repeat < options.repeat; repeat++) {
    ps += options.startupNs * 1000;
    for (const [phaseIndex, phase] of config.phases.entries()) {
      const start = Math.floor(ps / 1000);
      const offsets = phase.patterns.map(() => 0);
      const total = phase.patterns.reduce((sum, pattern) => sum + pattern.probability, 0);
      do {
        const selectionStart = Math.floor(ps / 1000);
        rndint();
        const drawn = rng.below(total);
        const probStart = (i: number): number => phase.patterns.slice(0, i).reduce((sum, { probability }) => sum + probability, 0);
        const index = phase.patterns.findIndex((_, i) => drawn >= probStart(i) && drawn < probStart(i + 1));
        const pattern = phase.patterns[index] ?? expect.fail('a draw below the total selects a pattern');
        const bytes = config.regions[pattern.region]?.bytes ?? expect.fail('known region');
        const write = (pattern.rw ?? options.defaultRwMode) === 'ro' ? 0 : 1;
        for (let i = 0; i < options.nrAccessesPerRegion; i++) {
          let where: number;
          if (pattern.random) {
            const offset = Math.floor((units[rndint()] as number) * bytes);
            where = Math.floor((16 + offset) / 4096);
          } else {
            where = (offsets[index] as number) + pattern.stride;
            if (where >= bytes) where = 0;
            offsets[index] = where;
          }
          lines.push(`${pattern.region} ${where} ${write} ${phaseIndex} ${ps}`);
          ps += pattern.random ? options.randomPs : options.sequentialPs;
        }
        ps = Math.max(ps, (selectionStart + options.throttleNs) * 1000);
      } while (Math.floor(ps / 1000) - start <= phase.durationMs * 1_000_000);
    }
  }
  return { lines, ps, heapNumbers };
}

function simulate(config: MasimConfig, options: MasimOptions, rng: Prng): { lines: Line[]; ps: number; other: Access[] } {
  const workload = masimWorkload('m', config, options, 1);
  const lines: Line[] = [];
  const other: Access[] = [];
  const ps = interpret(workload.program(0, rng), (access) => {
    const { region, page, offset, write, phase, atPs } = access;
    if (workload.regions[region]?.role !== 'data') other.push(access);
    else lines.push(`${region} ${page < 0 ? offset : page} ${write} ${phase} ${atPs}`);
  });
  return { lines, ps, other };
}

describe('a thread of masim', () => {
  const small = { ...defaultMasimOptions, nrAccessesPerRegion: 700, sequentialPs: 40_100, randomPs: 92_345 };
  const cases: readonly (readonly [string, MasimConfig, MasimOptions])[] = [
    ['sequential, 131072 accesses a selection', STEPS, { ...defaultMasimOptions, sequentialPs: 5000 }],
    ['sequential, short selections', STEPS, small],
    ['sequential, throttled', STEPS, { ...small, throttleNs: 53_000 }],
    ['sequential, a phase ends on the dot', STEPS, { ...small, nrAccessesPerRegion: 1000, sequentialPs: 10_000 }],
    ['sequential, throttled by a hair', STEPS, { ...small, nrAccessesPerRegion: 1000, sequentialPs: 10_000, throttleNs: 10_050 }],
    ['sequential, throttled less than a selection takes', STEPS, { ...small, throttleNs: 100 }],
    ['random and sequential', MIXED, small],
    ['random, long selections', MIXED, { ...defaultMasimOptions, nrAccessesPerRegion: 26_000, randomPs: 20_000, throttleNs: 1_060_000 }],
    ['repeated, with start-up', MIXED, { ...small, repeat: 3, startupNs: 2_000_000, defaultRwMode: 'ro' }],
  ];

  it.each(cases)('%s: does what masim does', (_name, config, options) => {
    const expected = reference(config, options, Prng.stream(7, 't'));
    const { lines, ps } = simulate(config, options, Prng.stream(7, 't'));
    expect(lines.length).toBe(expected.lines.length);
    expect(lines.findIndex((line, i) => line !== expected.lines[i])).toBe(-1);
    expect(ps).toBe(expected.ps);
  });

  it('is the same for the same stream, and another for another', () => {
    const run = (seed: number): string => simulate(MIXED, small, Prng.stream(seed, 't')).lines.join('\n');
    const first = run(1);
    expect(run(1) === first).toBe(true);
    expect(run(2) === first).toBe(false);
  });

  it('reads the heap pages of the random numbers that it uses, and no others', () => {
    const { heapNumbers } = reference(MIXED, small, Prng.stream(3, 't'));
    const expected = new Set([...heapNumbers].map((number) => Math.floor(number / 512)));
    const heap = simulate(MIXED, small, Prng.stream(3, 't')).other.filter((access) => access.region === 3 && access.phase >= 0);
    expect(new Set(heap.map((access) => access.page))).toEqual(expected);
    expect(heap.every((access) => access.write === 0)).toBe(true);
  });

  it('fills its heap at start-up, evenly spread over the start-up time', () => {
    const options = { ...small, startupNs: 118_000_000 };
    const heap = simulate(STEPS, options, Prng.stream(3, 't')).other.filter((access) => access.phase === -1);
    expect(heap.map((access) => access.page)).toEqual(Array.from({ length: 2000 }, (_, page) => page));
    expect(heap.map((access) => access.atPs)).toEqual(Array.from({ length: 2000 }, (_, page) => (page + 1) * 59_000_000));
    expect(heap.every((access) => access.write === 1)).toBe(true);
  });

  it('touches text, vdso and stack with each selection', () => {
    const { other, lines } = simulate(STEPS, small, Prng.stream(3, 't'));
    const busy = other.filter((access) => access.phase >= 0);
    const selections = lines.length / small.nrAccessesPerRegion;
    for (const region of [2, 4, 5]) {
      const pages = busy.filter((access) => access.region === region);
      expect(pages.length).toBe(selections * new Set(pages.map((access) => access.page)).size);
    }
    expect(new Set(busy.filter((access) => access.region === 5).map((access) => access.page))).toEqual(new Set([31]));
  });
});

describe('the process around it', () => {
  const { regions, durationNs, phases } = masimWorkload('m', STEPS, { ...defaultMasimOptions, repeat: 2, startupNs: 5 }, 1);

  it('has the data first and then what every process has', () => {
    expect(regions.map(({ name, role, bytes, headerBytes }) => [name, role, bytes, headerBytes])).toEqual([
      ['a', 'data', 10_000_000, 16],
      ['b', 'data', 70_000, 16],
      ['text', 'text', 0xda000, 0],
      ['heap', 'heap', 8_192_000, 0],
      ['vdso', 'vdso', 24_576, 0],
      ['stack', 'stack', 135_168, 0],
    ]);
  });

  it('lasts for all repeats', () => expect(durationNs).toBe(2 * (3_000_000 + 5)));

  it('counts a region as hot if it is chosen at least a tenth as often as the most chosen', () => {
    const config = parseMasim(
      'a, 1\nb, 1\n\nx\n1\na, 0, 1, 99\nb, 0, 1, 1\n\ny\n1\na, 0, 1, 1\nb, 0, 1, 10\n\nz\n1\na, 0, 1, 1\nb, 0, 1, 11\n',
      'h',
    );
    const truth = masimWorkload('m', config, defaultMasimOptions, 1).phases;
    expect(truth.map((phase) => [phase.name, phase.hot, phase.initial])).toEqual([
      ['x', [0], false],
      ['y', [0, 1], false],
      ['z', [1], false],
    ]);
  });

  it('starts with an initial phase only where all regions are alike', () => {
    expect(phases.map((phase) => phase.initial)).toEqual([false, false]);
    const tail = '\none\n1\na, 0, 1, 1\n';
    const initial = (text: string): boolean[] =>
      masimWorkload('m', parseMasim(text, 'i'), defaultMasimOptions, 1).phases.map((phase) => phase.initial);
    expect(initial(`a, 1\nb, 1\n\nall\n1\na, 0, 1, 5\nb, 0, 1, 5\n${tail}`)).toEqual([true, false]);
    expect(initial('a, 1\nb, 1\n\nall\n1\na, 0, 1, 5\nb, 0, 1, 5\n')).toEqual([false]);
    expect(initial(`a, 1\nb, 1\n\nhalf\n1\na, 0, 1, 5\n${tail}`)).toEqual([false, false]);
  });
});
