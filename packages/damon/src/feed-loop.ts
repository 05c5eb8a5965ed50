const GOAL = 10_000n;
/** The feed loop's least answer. */
const MIN_INPUT = 10_000n;
const ULONG_MAX = 2n ** 64n - 1n;

/**
 * Next input of a loop whose `score` should become 10000: more while it is below, less while it is above, by as large a share of
 * `lastInput` as the score is off. Words of 64 bits, as an input without limit is 2^64 − 1, where the answer saturates.
 *
 * @kernel mm/damon/core.c damon_feed_loop_next_input (7.3, 6.12)
 */
export function feedLoopNextInput(lastInput: bigint, score: bigint): bigint {
  if (score === GOAL) return lastInput;
  if (score >= 2n * GOAL) return MIN_INPUT;
  const off = score > GOAL ? score - GOAL : GOAL - score;
  const compensation = lastInput < ULONG_MAX / off ? (lastInput * off) / GOAL : (lastInput / GOAL) * off;
  if (score < GOAL) return lastInput < ULONG_MAX - compensation ? lastInput + compensation : ULONG_MAX;
  return lastInput > compensation + MIN_INPUT ? lastInput - compensation : MIN_INPUT;
}
