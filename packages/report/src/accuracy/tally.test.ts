import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RegionRow, snapshotOf } from '../../test/build-run.js';
import { asRanges } from '../ranges.js';
import { Tally } from './tally.js';

const SPACE = 40;

/** Adjacent or separate regions below `SPACE`, from cuts and a choice of what lies between them. */
const regionRows = fc
  .array(fc.tuple(fc.integer({ min: 0, max: SPACE }), fc.integer({ min: 0, max: 20 }), fc.boolean()), { maxLength: 8 })
  .map((cuts) => {
    const sorted = [...new Map(cuts.map((cut) => [cut[0], cut])).values()].sort((a, b) => a[0] - b[0]);
    return sorted.slice(1).flatMap(([end, nrAccesses, hole], i): RegionRow[] => (hole ? [] : [[sorted[i][0], end, nrAccesses]]));
  });
const truths = fc
  .array(fc.tuple(fc.integer({ min: 0, max: SPACE }), fc.integer({ min: 0, max: SPACE })), { maxLength: 5 })
  .map((pairs) => asRanges(pairs.map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }))));

describe('Tally', () => {
  it('scores a window as computed by hand', () => {
    // Truth [10, 30). Region [0, 20) at 20/20, [20, 40) at 5/20, [40, 60) at 4/20, [60, 100) at 0.
    const snapshot = snapshotOf(0, [
      [0, 20, 20],
      [20, 40, 5],
      [40, 60, 4],
      [60, 100, 0],
    ]);
    expect(Tally.of(snapshot, asRanges([{ start: 10, end: 30 }])).score()).toEqual({
      prec_1: 20 / 60,
      rec_1: 1,
      prec_q: 20 / 40,
      rec_q: 1,
      prec_h: 10 / 20,
      rec_h: 10 / 20,
      rate_in: (10 * 1 + 10 * 0.25) / 20,
      rate_out: (10 * 1 + 10 * 0.25 + 20 * 0.2) / 80,
    });
  });

  it('has no figure where there is nothing to divide by', () => {
    const nothing = { prec_1: null, rec_1: null, prec_q: null, rec_q: null, prec_h: null, rec_h: null, rate_in: null, rate_out: 0 };
    expect(Tally.of(snapshotOf(0, [[0, 10, 0]]), asRanges([])).score()).toEqual(nothing);
  });

  it('agrees with counting byte by byte', () => {
    fc.assert(
      fc.property(regionRows, truths, (rows, truth) => {
        const tally = Tally.of(snapshotOf(0, rows), truth);
        const model = { true: 0, predicted: [0, 0, 0], hit: [0, 0, 0] };
        for (let byte = 0; byte < SPACE; byte++) {
          const inside = Array.from(truth.start).some((start, i) => start <= byte && byte < truth.end[i]);
          const nrAccesses = rows.find(([start, end]) => start <= byte && byte < end)?.[2] ?? 0;
          model.true += Number(inside);
          [1, 5, 10].forEach((threshold, level) => {
            model.predicted[level] += Number(nrAccesses >= threshold);
            model.hit[level] += Number(inside && nrAccesses >= threshold);
          });
        }
        expect({ true: tally.trueBytes, predicted: [...tally.predictedBytes], hit: [...tally.hitBytes] }).toEqual(model);
      }),
    );
  });

  it('passes over truth that lies before all regions', () => {
    const tally = Tally.of(
      snapshotOf(0, [[20, 30, 20]]),
      asRanges([0, 4, 8].map((start) => ({ start, end: start + 2 })).concat({ start: 25, end: 40 })),
    );
    expect([tally.trueBytes, tally.hitBytes[0]]).toEqual([21, 5]);
  });

  it('keeps every figure between 0 and 1, also over many windows', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(regionRows, truths), { maxLength: 5 }), (windows) => {
        const sum = new Tally();
        for (const [rows, truth] of windows) sum.merge(Tally.of(snapshotOf(0, rows), truth));
        for (const figure of Object.values(sum.score())) {
          if (figure === null) continue;
          expect(figure).toBeGreaterThanOrEqual(0);
          expect(figure).toBeLessThanOrEqual(1 + 1e-12);
        }
      }),
    );
  });
});
