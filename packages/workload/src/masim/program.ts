import { assert, type Prng, type StateTape } from '@damonlab/base';
import { type AccessBatch, type AccessProgram, BatchKind } from '../access-program.js';
import { busyTouches, type ThreadOf } from '../address-space.js';
import { offsetAfter } from '../sequence.js';
import { fillTouch, fillTouchRange, type PageTouch } from '../touch.js';
import type { MasimPlan, PlannedPattern, PlannedPhase } from './plan.js';
import { RandomTable } from './random-table.js';
import { StartUp } from './start-up.js';

/** Where a thread of masim stands; each step fills in at most one batch. */
const Step = { startUp: 0, enterPhase: 1, select: 2, busy: 3, access: 4, pause: 5, checkClock: 6, exit: 7 } as const;

/**
 * One thread of masim: repeats of phases of selections. A selection draws one pattern by probability and makes
 * `nrAccessesPerRegion` accesses; only then does the thread look at the clock, so phases last a little longer than asked.
 */
export class MasimProgram implements AccessProgram {
  readonly lists: readonly Uint32Array[];
  readonly #plan: MasimPlan;
  readonly #rng: Prng;
  readonly #table: RandomTable;
  readonly #startUp: StartUp;
  readonly #busy: readonly PageTouch[];
  /** Last offset of each pattern of the phase; back to 0 when a phase is entered. */
  readonly #offsets: Float64Array;

  #step: number = Step.startUp;
  #repeat = 0;
  #phaseIndex = 0;
  #phase: PlannedPhase;
  #phaseStartNs = 0;
  #selectionStartNs = 0;
  #patternIndex = 0;
  #pattern: PlannedPattern;
  /** Next of the touches that come with each selection. */
  #busyIndex = 0;
  /** Heap page with the random number that made the selection. */
  #drawnHeapPage = 0;
  /** Accesses of the selection still to be filled in. */
  #left = 0;
  /** The heap pages of the numbers to come have been touched. */
  #numbersRead = false;

  constructor(plan: MasimPlan, thread: ThreadOf, rng: Prng) {
    this.#plan = plan;
    this.#rng = rng;
    this.#table = new RandomTable(plan.randomBytes, plan.nrRegions, rng);
    this.#startUp = new StartUp(this.#table.heap, plan.options.startupNs);
    this.#busy = busyTouches(plan.nrRegions, thread);
    this.lists = [...this.#busy.map((touch) => touch.pages), this.#table.heap.pages, ...this.#table.pages];
    this.#offsets = new Float64Array(Math.max(...plan.phases.map((phase) => phase.patterns.length)));
    const [phase] = plan.phases;
    const [pattern] = phase?.patterns ?? [];
    assert(phase !== undefined && pattern !== undefined, 'a masim config has a phase with a pattern');
    this.#phase = phase;
    this.#pattern = pattern;
  }

  next(batch: AccessBatch, nowNs: number): void {
    while (!this.#advance(batch, nowNs));
  }

  save(tape: StateTape): void {
    this.#startUp.save(tape);
    this.#table.walk.save(tape);
    for (const offset of this.#offsets) tape.put(offset);
    tape.put(this.#step);
    tape.put(this.#repeat);
    tape.put(this.#phaseIndex);
    tape.put(this.#phaseStartNs);
    tape.put(this.#selectionStartNs);
    tape.put(this.#patternIndex);
    tape.put(this.#busyIndex);
    tape.put(this.#drawnHeapPage);
    tape.put(this.#left);
    tape.put(Number(this.#numbersRead));
  }

  restore(tape: StateTape): void {
    this.#startUp.restore(tape);
    this.#table.walk.restore(tape);
    for (let i = 0; i < this.#offsets.length; i++) this.#offsets[i] = tape.take();
    this.#step = tape.take();
    this.#repeat = tape.take();
    this.#phaseIndex = tape.take();
    this.#phaseStartNs = tape.take();
    this.#selectionStartNs = tape.take();
    this.#patternIndex = tape.take();
    this.#busyIndex = tape.take();
    this.#drawnHeapPage = tape.take();
    this.#left = tape.take();
    this.#numbersRead = tape.take() === 1;
    this.#phase = this.#plan.phases[Math.min(this.#phaseIndex, this.#plan.phases.length - 1)] as PlannedPhase;
    this.#pattern = this.#phase.patterns[this.#patternIndex] ?? (this.#phase.patterns[0] as PlannedPattern);
  }

  /** One step; true if it filled in the batch. */
  #advance(batch: AccessBatch, nowNs: number): boolean {
    switch (this.#step) {
      case Step.startUp:
        if (this.#startUp.next(batch)) return true;
        this.#step = Step.enterPhase;
        return false;
      case Step.enterPhase:
        this.#enterPhase(nowNs);
        return false;
      case Step.select:
        this.#select(nowNs);
        return false;
      case Step.busy:
        this.#fillBusy(batch);
        return true;
      case Step.access:
        if (this.#pattern.table < 0) this.#fillSequential(batch);
        else this.#fillRandom(batch);
        return true;
      case Step.pause:
        return this.#pause(batch, nowNs);
      case Step.checkClock:
        this.#checkClock(nowNs);
        return false;
      default:
        batch.kind = BatchKind.exit;
        batch.phase = -1;
        return true;
    }
  }

  #enterPhase(nowNs: number): void {
    this.#phase = this.#plan.phases[this.#phaseIndex] as PlannedPhase;
    this.#phaseStartNs = nowNs;
    this.#offsets.fill(0);
    this.#step = Step.select;
  }

  #select(nowNs: number): void {
    const { walk } = this.#table;
    // masim makes the selection with a number of its table, so one number is used up and its heap page is read.
    this.#drawnHeapPage = RandomTable.heapPage(walk.seek());
    walk.skip(1);
    const drawn = this.#rng.below(this.#phase.totalProbability);
    let index = 0;
    while (drawn >= (this.#phase.patterns[index] as PlannedPattern).probabilityEnd) index += 1;
    this.#patternIndex = index;
    this.#pattern = this.#phase.patterns[index] as PlannedPattern;
    this.#selectionStartNs = nowNs;
    this.#left = this.#plan.options.nrAccessesPerRegion;
    this.#numbersRead = false;
    this.#busyIndex = 0;
    this.#step = Step.busy;
  }

  #fillBusy(batch: AccessBatch): void {
    if (this.#busyIndex < this.#busy.length) {
      fillTouch(batch, this.#busy[this.#busyIndex] as PageTouch, this.#phaseIndex);
      this.#busyIndex += 1;
      return;
    }
    fillTouchRange(batch, this.#table.heap, this.#drawnHeapPage, this.#drawnHeapPage + 1, this.#phaseIndex);
    this.#step = Step.access;
  }

  #fillSequential(batch: AccessBatch): void {
    const pattern = this.#pattern;
    const offset = this.#offsets[this.#patternIndex] as number;
    batch.kind = BatchKind.sequence;
    batch.region = pattern.region;
    batch.write = pattern.write;
    batch.remaining = this.#left;
    batch.computePs = this.#plan.options.sequentialPs;
    batch.offset = offset;
    batch.stride = pattern.stride;
    batch.bytes = pattern.bytes;
    batch.phase = this.#phaseIndex;
    this.#offsets[this.#patternIndex] = offsetAfter(offset, this.#left, pattern);
    this.#left = 0;
    this.#step = Step.pause;
  }

  /** At most the rest of one array of random numbers, after a touch of the heap pages that hold them. */
  #fillRandom(batch: AccessBatch): void {
    const { walk, heap, pages } = this.#table;
    const begin = walk.seek();
    const count = Math.min(walk.left, this.#left);
    if (!this.#numbersRead) {
      const lastPage = RandomTable.heapPage(begin + count - 1);
      fillTouchRange(batch, heap, RandomTable.heapPage(begin), lastPage + 1, this.#phaseIndex);
      this.#numbersRead = true;
      return;
    }
    batch.kind = BatchKind.pages;
    batch.region = this.#pattern.region;
    batch.write = this.#pattern.write;
    batch.remaining = count;
    batch.computePs = this.#plan.options.randomPs;
    batch.pages = pages[this.#pattern.table] as Uint32Array;
    batch.begin = begin;
    batch.cursor = begin;
    batch.end = begin + count;
    batch.phase = this.#phaseIndex;
    walk.skip(count);
    this.#left -= count;
    this.#numbersRead = false;
    if (this.#left === 0) this.#step = Step.pause;
  }

  #pause(batch: AccessBatch, nowNs: number): boolean {
    this.#step = Step.checkClock;
    const untilNs = this.#selectionStartNs + this.#plan.options.throttleNs;
    if (untilNs <= nowNs) return false;
    batch.kind = BatchKind.sleep;
    batch.untilNs = untilNs;
    batch.phase = this.#phaseIndex;
    return true;
  }

  #checkClock(nowNs: number): void {
    this.#step = Step.select;
    if (nowNs - this.#phaseStartNs <= this.#phase.durationNs) return;
    this.#step = Step.enterPhase;
    this.#phaseIndex += 1;
    if (this.#phaseIndex < this.#plan.phases.length) return;
    this.#phaseIndex = 0;
    this.#repeat += 1;
    // Every repeat reads the config again and fills the table again.
    this.#startUp.restart();
    this.#step = this.#repeat < this.#plan.options.repeat ? Step.startUp : Step.exit;
  }
}
