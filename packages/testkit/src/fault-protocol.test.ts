import { describe, expect, it } from 'vitest';
import { explore, type Model } from './explore.js';
import { FAULT_PROTOCOL_MUTATIONS, faultProtocol } from './fault-protocol.js';

function put(state: number[], word: number, value: number): undefined {
  state[word] = value;
}

/** Two threads that add 1 to a word by a load and a store. */
const counter: Model = {
  initial: [0, 0, 0],
  threads: [1, 2].map((register) => ({
    name: `t${register}`,
    steps: [
      ['load', (s) => put(s, register, s[0])],
      ['store', (s) => put(s, 0, s[register] + 1)],
    ],
  })),
  always: () => null,
  atEnd: ([sum]) => (sum === 2 ? null : `two additions came to ${sum}`),
};

describe('explore', () => {
  it('finds the lost update, by the shortest way', () => {
    expect(explore(counter).finding).toEqual({
      what: 'two additions came to 1',
      trace: ['start', 't1: load', 't2: load', 't1: store', 't2: store'],
    });
  });

  it('visits all states when nothing is wrong', () => {
    expect(explore({ ...counter, atEnd: () => null })).toEqual({ states: 13, ends: 3, finding: null });
  });

  it('finds that nobody can go on, and follows every choice', () => {
    const waits: Model = {
      initial: [0],
      threads: [
        {
          name: 't',
          steps: [
            ['choose', () => ['end', 'stuck']],
            ['stuck', () => 'wait'],
          ],
        },
      ],
      always: () => null,
      atEnd: () => null,
    };
    expect(explore(waits).finding).toEqual({ what: 'nobody can go on', trace: ['start', 't: choose'] });
    const lost: Model = { ...waits, threads: [{ name: 't', steps: [['go', () => 'nowhere']] }] };
    expect(() => explore(lost)).toThrow('no step is called nowhere');
  });
});

describe('the protocol of faults, arms, hand-overs and shootdowns', () => {
  it('is right in every interleaving of two CPUs and a kdamond', () => {
    const { finding, states, ends } = explore(faultProtocol());
    expect(finding).toBeNull();
    expect(states).toBeGreaterThan(10_000);
    expect(ends).toBeGreaterThan(10);
  });

  it.each(FAULT_PROTOCOL_MUTATIONS)('is found wrong when broken: %s', (mutation) => {
    expect(explore(faultProtocol(mutation)).finding).not.toBeNull();
  });
});
