import type { Model, Step } from './explore.js';

/** Ways to break the protocol, each of which `explore` must find. */
export const FAULT_PROTOCOL_MUTATIONS = [
  'torn claim',
  'no second look',
  'shootdown first',
  'late acknowledgement',
  'owner after give',
  'active outside',
  'uninstall first',
] as const;
export type FaultProtocolMutation = (typeof FAULT_PROTOCOL_MUTATIONS)[number];

/** Users of hinting faults, as bits. */
const DAMON = 1;
const NUMA = 2;
const USERS = [DAMON, NUMA];

/** The words of the model. Shared ones first, then those of the CPUs, then what only the checks look at. */
enum W {
  /** Claim byte of the entry: 1 while somebody owns the page-table word. */
  claim,
  /** Whether the page-table word is prot_none. */
  armed,
  /** Users whose arm is in force (`armedBy`). */
  owners,
  /** Users that may arm. */
  active,
  /** Shootdowns published. */
  log,
  tlb0,
  tlb1,
  /** Shootdowns that a CPU has acknowledged. */
  seen0,
  seen1,
  /** What a CPU has read of the log. */
  look0,
  look1,
  /** Accesses still to be made. */
  left0,
  left1,
  /** `log` when the arm in force was published, `UNPUBLISHED` before. */
  armLog,
  /** 1: NUMA balancing has given up, and taken its arms back. */
  handedOver,
  /** Hits through a translation that its CPU had acknowledged to have dropped. */
  badHits,
  /** Faults that were given to nobody. */
  orphans,
  arms1,
  arms2,
  delivered1,
  delivered2,
  /** Faults of arms whose user had given up. */
  lost1,
  lost2,
  disarmed1,
  disarmed2,
  words,
}

const UNPUBLISHED = 99;
/** Accesses of the two CPUs: three are a walk, another one behind a boundary, and a hit. */
const ACCESSES = [3, 1];

/**
 * The protocol of docs/concurrency.md on one page: two CPUs touch it, the second also scans it for NUMA balancing; the kdamond takes
 * the faults from NUMA balancing under `runtime_full`, arms the page for DAMON, takes the arm back, and arms it again.
 */
export function faultProtocol(mutation?: FaultProtocolMutation): Model {
  const initial = new Array<number>(W.words).fill(0);
  initial[W.active] = NUMA;
  [initial[W.left0], initial[W.left1]] = ACCESSES;
  return {
    initial,
    threads: [
      { name: 'CPU 0', steps: cpu(0, mutation) },
      { name: 'CPU 1', steps: [...arm('scan', NUMA, mutation), ...cpu(1, mutation)] },
      { name: 'kdamond', steps: kdamond(mutation) },
    ],
    always,
    atEnd,
  };
}

function always(s: readonly number[]): string | null {
  if (s[W.badHits] > 0) return 'a hit through a translation that was acknowledged to be dropped';
  return s[W.handedOver] === 1 && (s[W.owners] & NUMA) !== 0 ? 'an arm of NUMA balancing survives the hand-over' : null;
}

function atEnd(s: readonly number[]): string | null {
  if (s[W.claim] !== 0) return 'the entry stays claimed';
  if ((s[W.armed] === 1) !== (s[W.owners] !== 0)) return 'armed for nobody, or for somebody and not armed';
  if (s[W.orphans] > 0) return 'a fault was taken that nobody had armed';
  for (const [i, user] of USERS.entries()) {
    const ended = s[W.delivered1 + i] + s[W.lost1 + i] + s[W.disarmed1 + i] + ((s[W.owners] & user) === 0 ? 0 : 1);
    if (s[W.arms1 + i] !== ended) return `${s[W.arms1 + i]} arms of user ${i} came to ${ended} ends`;
  }
  return null;
}

/** A step that changes words and goes on below. */
function set(name: string, change: (s: number[]) => void): Step {
  return [
    name,
    (s) => {
      change(s);
      return undefined;
    },
  ];
}

/** Take the claim byte: compare and exchange. */
function take(name: string, mutation: FaultProtocolMutation | undefined): Step[] {
  const store = (s: number[]) => {
    s[W.claim] = 1;
  };
  const look = (s: number[]) => (s[W.claim] === 1 ? 'wait' : undefined);
  if (mutation === 'torn claim') return [[`${name} load claim`, look], set(`${name} store claim`, store)];
  return [[`${name} claim`, (s) => look(s) ?? store(s) ?? undefined]];
}

function give(name: string): Step {
  return set(`${name} give`, (s) => {
    s[W.claim] = 0;
  });
}

/** Arm the page for `user`, unless it may not, or the page is armed. */
function arm(name: string, user: number, mutation: FaultProtocolMutation | undefined): Step[] {
  const refuse = mutation === 'active outside' ? 'done' : 'give';
  const may: Step = [`${name} active?`, (s) => ((s[W.active] & user) === 0 ? `${name} ${refuse}` : undefined)];
  const plain: Step = [`${name} plain?`, (s) => (s[W.armed] === 1 ? `${name} give` : undefined)];
  const protect = set(`${name} protect`, (s) => {
    s[W.armed] = 1;
    s[W.armLog] = mutation === 'shootdown first' ? s[W.log] : UNPUBLISHED;
    s[W.arms1 + user - 1]++;
  });
  const publish = set(`${name} publish`, (s) => {
    s[W.log]++;
    if (mutation !== 'shootdown first') s[W.armLog] = s[W.log];
  });
  const own = set(`${name} owner`, (s) => {
    s[W.owners] |= user;
  });
  const done = set(`${name} done`, () => {});
  const taken = take(name, mutation);
  if (mutation === 'shootdown first') return [...taken, may, plain, publish, protect, own, give(name), done];
  if (mutation === 'active outside') return [may, ...taken, plain, protect, own, publish, give(name), done];
  if (mutation !== 'owner after give') return [...taken, may, plain, protect, own, publish, give(name), done];
  // What is refused goes past the owner.
  const early = set(`${name} early give`, (s) => {
    s[W.claim] = 0;
  });
  const over: Step = [`${name} over`, () => `${name} done`];
  return [...taken, may, plain, protect, publish, early, own, over, give(name), done];
}

/** Take the arm of `user` back. */
function disarm(name: string, user: number, mutation: FaultProtocolMutation | undefined): Step[] {
  return [
    ...take(name, mutation),
    [`${name} mine?`, (s) => ((s[W.owners] & user) === 0 ? `${name} give` : undefined)],
    set(`${name} disown`, (s) => {
      s[W.owners] &= ~user;
      s[W.disarmed1 + user - 1]++;
    }),
    set(`${name} restore`, (s) => {
      if (s[W.owners] === 0) s[W.armed] = 0;
    }),
    give(name),
  ];
}

function kdamond(mutation: FaultProtocolMutation | undefined): Step[] {
  const stop = set('stop NUMA', (s) => {
    s[W.active] &= ~NUMA;
  });
  const uninstall = disarm('uninstall', NUMA, mutation);
  return [
    ...(mutation === 'uninstall first' ? [...uninstall, stop] : [stop, ...uninstall]),
    set('start DAMON', (s) => {
      s[W.active] |= DAMON;
      s[W.handedOver] = 1;
    }),
    ...arm('arm', DAMON, mutation),
    ...disarm('disarm', DAMON, mutation),
    ...arm('arm again', DAMON, mutation),
  ];
}

/** One CPU: accesses, and between some of them the boundary of a slice, where it drops what was shot down. */
function cpu(id: 0 | 1, mutation: FaultProtocolMutation | undefined): Step[] {
  const [tlb, seen, reg, left] = id === 0 ? [W.tlb0, W.seen0, W.look0, W.left0] : [W.tlb1, W.seen1, W.look1, W.left1];
  const look = set('look at the log', (s) => {
    s[reg] = s[W.log];
  });
  return [
    ['access', (s) => (s[tlb] === 1 ? 'hit' : 'walk')],
    [
      'hit',
      (s) => {
        if (s[W.armed] === 1 && s[seen] >= s[W.armLog]) s[W.badHits]++;
        return 'next';
      },
    ],
    ['walk', (s) => (s[W.armed] === 1 ? undefined : 'insert')],
    ...take('fault', mutation),
    ['still armed?', (s) => (s[W.armed] === 0 && mutation !== 'no second look' ? 'give' : undefined)],
    set('deliver', (s) => deliver(s)),
    set('disown', (s) => {
      s[W.owners] = 0;
    }),
    set('restore', (s) => {
      s[W.armed] = 0;
    }),
    [
      'give',
      (s) => {
        s[W.claim] = 0;
        return 'walk';
      },
    ],
    set('insert', (s) => {
      s[tlb] = 1;
    }),
    ['next', (s) => (--s[left] === 0 ? 'end' : ['access', 'boundary'])],
    set('boundary', () => {}),
    look,
    set('drop', (s) => {
      if (s[reg] !== s[seen]) s[tlb] = 0;
    }),
    [
      'acknowledge',
      (s) => {
        s[seen] = mutation === 'late acknowledgement' ? s[W.log] : s[reg];
        s[reg] = 0;
        return 'access';
      },
    ],
  ];
}

function deliver(s: number[]): void {
  if (s[W.owners] === 0) s[W.orphans]++;
  for (const [i, user] of USERS.entries()) {
    if ((s[W.owners] & user) === 0) continue;
    if ((s[W.active] & user) !== 0) s[W.delivered1 + i]++;
    else s[W.lost1 + i]++;
  }
}
