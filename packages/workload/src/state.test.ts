import { Prng, StateTape } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { noTraces } from '../test/no-traces.js';
import { AccessBatch, BATCH_WORDS, BatchKind, buildWorkload, defaultMasimOptions, type WorkloadSpec } from './index.js';

const COMMON = { bytes: 4096 * 700, durationNs: 50_000_000, writeRatio: 0.4, computePs: 20_000 };
const AREA = { slackBytes: 0, populateNid: -1, everyNs: 0, firstNs: 0, threads: [] };
const MS = 1_000_000;

const synthetic = (pattern: Extract<WorkloadSpec, { kind: 'synthetic' }>['pattern']): WorkloadSpec => ({
  kind: 'synthetic',
  name: pattern.pattern,
  pattern,
  threads: 2,
});
const SPECS: readonly WorkloadSpec[] = [
  synthetic({ ...COMMON, pattern: 'zipf', theta: 0.99 }),
  synthetic({ ...COMMON, pattern: 'hot_cold', hotRatio: 0.1, hotShare: 0.9, driftNs: 3 * MS }),
  synthetic({ ...COMMON, pattern: 'pointer_chase' }),
  synthetic({ ...COMMON, pattern: 'sparse', sweepEveryNs: 500, bytes: 8 * 2 ** 20 }),
  synthetic({
    pattern: 'sweep',
    durationNs: 50 * MS,
    writeRatio: 0.5,
    computePs: 20_000,
    spin: true,
    areas: [
      { ...AREA, name: 'a', bytes: 4096 * 90 },
      { ...AREA, name: 'b', bytes: 4096 * 50 + 7, everyNs: 4 * MS, firstNs: MS },
    ],
  }),
  {
    kind: 'masim',
    name: 'masim',
    threads: 1,
    options: { ...defaultMasimOptions, nrAccessesPerRegion: 5000, repeat: 2, startupNs: 2 * MS, throttleNs: MS },
    config: {
      regions: [
        { name: 'a', bytes: 300_000 },
        { name: 'b', bytes: 70_000 },
      ],
      phases: [
        {
          name: 'one',
          durationMs: 8,
          patterns: [
            { region: 0, random: true, stride: 0, probability: 3 },
            { region: 1, random: false, stride: 64, probability: 1 },
          ],
        },
        { name: 'two', durationMs: 8, patterns: [{ region: 1, random: false, stride: 4096, probability: 1, rw: 'ro' }] },
      ],
    },
  },
];

/** Steps a thread by batches: a batch is a line of what it was given. */
class Stepper {
  readonly batch = new AccessBatch();
  readonly #spec: WorkloadSpec;
  readonly #rng = Prng.stream(7, 't');
  readonly #program;
  #ps = 0;

  constructor(spec: WorkloadSpec) {
    this.#spec = spec;
    this.#program = buildWorkload(spec, noTraces).program(0, this.#rng);
  }

  step(): string {
    const { batch } = this;
    this.#program.next(batch, Math.floor(this.#ps / 1000));
    if (batch.kind === BatchKind.sleep) this.#ps = Math.max(this.#ps, batch.untilNs * 1000);
    else if (batch.kind !== BatchKind.exit) this.#ps += batch.computePs * Math.max(1, batch.remaining);
    return this.shown();
  }

  /** The batch as a CPU sees it: the pages that it will access, not where their list stands. */
  shown(): string {
    const { kind, region, write, remaining, offset, stride, bytes, phase, untilNs, pages, begin, end, cursor } = this.batch;
    const list = kind === BatchKind.pages ? [...pages.slice(begin, end), cursor - begin] : [offset, stride, bytes];
    return JSON.stringify([kind, region, write, remaining, phase, kind === BatchKind.sleep ? untilNs : 0, list]);
  }

  /** Another thread of the same construction that goes on from here. */
  moved(): Stepper {
    const words = new Float64Array(BATCH_WORDS + 4 + buildWorkload(this.#spec, noTraces).stateWords + 1);
    const tape = new StateTape(words);
    this.batch.save(tape, this.#program.lists);
    this.#rng.save(tape);
    this.#program.save(tape);
    tape.put(this.#ps);
    const there = new Stepper(this.#spec);
    tape.rewind();
    there.batch.restore(tape, there.#program.lists);
    there.#rng.restore(tape);
    there.#program.restore(tape);
    there.#ps = tape.take();
    return there;
  }
}

describe('a program put down in one place and taken up in another', () => {
  it.each(SPECS.map((spec) => [spec.name, spec] as const))(
    '%s: goes on as if nothing had happened, and its state fits its tape',
    (_, spec) => {
      const stays = new Stepper(spec);
      let moves = new Stepper(spec);
      for (let i = 0; i < 1200; i++) {
        expect(moves.step()).toBe(stays.step());
        if (i % 97 === 3) {
          moves = moves.moved();
          // In the middle of a batch too.
          expect(moves.shown()).toBe(stays.shown());
        }
        if (stays.batch.kind === BatchKind.exit) return;
      }
    },
  );
});
