/** Invariants that hold unless damonlab itself is wrong. They stay on in production: a wrong figure is worse than a stop. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
