/**
 * Where a thread goes on after a step: the name of a step of its, several of them (any may follow), `wait` (it cannot take this step now
 * and has changed nothing), `end`, or nothing for the step below.
 */
export type Next = string | readonly string[] | undefined;

/** One indivisible step of a thread: reads and changes `state` in place. It may touch one shared word, or words that a lock guards. */
export type Step = readonly [name: string, run: (state: number[]) => Next];

/** Threads that step in any order over words they share, and what must hold. */
export interface Model {
  readonly initial: readonly number[];
  readonly threads: readonly { readonly name: string; readonly steps: readonly Step[] }[];
  /** What is wrong with a state that can be reached, null: nothing. */
  readonly always: (state: readonly number[]) => string | null;
  /** The same for a state in which all threads have ended. */
  readonly atEnd: (state: readonly number[]) => string | null;
}

export interface Exploration {
  /** Different states that were seen. */
  readonly states: number;
  /** Of these, the ones in which all threads have ended. */
  readonly ends: number;
  /** What is wrong, and the shortest way there (thread and step); null: nothing, whatever the order of the steps. */
  readonly finding: { readonly what: string; readonly trace: readonly string[] } | null;
}

interface Visit {
  /** Words, then one program counter per thread; -1: ended. */
  readonly state: readonly number[];
  readonly from: Visit | null;
  readonly step: string;
}

const ENDED = -1;

/**
 * Visit every state that any interleaving of the threads' steps leads to, nearest first, up to the first that is wrong. A state in
 * which nobody can step and somebody has not ended is wrong too.
 */
export function explore({ initial, threads, always, atEnd }: Model): Exploration {
  const words = initial.length;
  const programs = threads.map(({ name, steps }) => ({ name, steps, places: new Map(steps.map(([step], at) => [step, at])) }));
  const first: Visit = { state: [...initial, ...threads.map(() => 0)], from: null, step: 'start' };
  const seen = new Set([first.state.join()]);
  let ends = 0;
  let layer: Visit[] = [first];
  while (layer.length > 0) {
    const next: Visit[] = [];
    for (const visit of layer) {
      const ended = visit.state.slice(words).every((at) => at === ENDED);
      if (ended) ends++;
      const what = always(visit.state) ?? (ended ? atEnd(visit.state) : null);
      if (what !== null) return { states: seen.size, ends, finding: { what, trace: traceOf(visit) } };
      const after = programs.flatMap((program, thread) => successors(visit, program, words + thread));
      if (after.length === 0 && !ended) return { states: seen.size, ends, finding: { what: 'nobody can go on', trace: traceOf(visit) } };
      for (const reached of after) {
        const key = reached.state.join();
        if (seen.has(key)) continue;
        seen.add(key);
        next.push(reached);
      }
    }
    layer = next;
  }
  return { states: seen.size, ends, finding: null };
}

type Program = { readonly name: string; readonly steps: readonly Step[]; readonly places: ReadonlyMap<string, number> };

function successors(visit: Visit, { name, steps, places }: Program, counter: number): Visit[] {
  const at = visit.state[counter];
  if (at === ENDED) return [];
  const [step, run] = steps[at];
  const state = [...visit.state];
  const next = run(state);
  if (next === 'wait') return [];
  const goOn = next === undefined ? [at + 1] : [next].flat().map((place) => placeOf(places, place));
  return goOn.map((to) => {
    const reached = [...state];
    reached[counter] = to >= steps.length ? ENDED : to;
    return { state: reached, from: visit, step: `${name}: ${step}` };
  });
}

function placeOf(places: ReadonlyMap<string, number>, name: string): number {
  if (name === 'end') return ENDED;
  const place = places.get(name);
  if (place === undefined) throw new Error(`no step is called ${name}`);
  return place;
}

function traceOf(visit: Visit): string[] {
  const trace: string[] = [];
  for (let at: Visit | null = visit; at !== null; at = at.from) trace.push(at.step);
  return trace.reverse();
}
