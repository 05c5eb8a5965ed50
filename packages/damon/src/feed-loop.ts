import { mulDiv } from './exact.js';

const GOAL = 10_000;
/** The feed loop's least answer. */
const MIN_INPUT = 10_000;

/**
 * Next input of a loop whose `score` should become 10000: more while it is below, less while it is above, by as large a share of
 * `lastInput` as the score is off. All are non-negative integers; saturates at 2^53 − 1 (the kernel at 2^64 − 1).
 *
 * @kernel mm/damon/core.c damon_feed_loop_next_input (7.3, 6.12)
 */
export function feedLoopNextInput(lastInput: number, score: number): number {
  if (score === GOAL) return lastInput;
  if (score >= 2 * GOAL) return MIN_INPUT;
  const compensation = mulDiv(lastInput, Math.abs(score - GOAL), GOAL);
  if (score > GOAL) return Math.max(lastInput - compensation, MIN_INPUT);
  return Math.min(lastInput + compensation, Number.MAX_SAFE_INTEGER);
}
