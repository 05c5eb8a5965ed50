import { assert } from '@damonlab/base';
import { type CpuChannel, STATE_SLOTS, StateSlot } from '@damonlab/cpu';
import { exclusive, type HintFaults } from '@damonlab/hint-faults';
import { type Memory, Pte } from '@damonlab/mm';

/**
 * Accounts of hinting faults, when no CPU runs: a page is armed if and only if it is armed for somebody, each user's arms in force are
 * those that its counters leave, and every touch of an armed page was delivered to one owner, or to nobody, or came second.
 *
 * @param users so many have registered
 * @param lostClaims touches that came second
 * @throws when the accounts do not balance.
 */
export function checkFaults(hintFaults: HintFaults, memory: Memory, channel: CpuChannel, users: number, lostClaims: number): void {
  const inForce = new Array<number>(users).fill(0);
  const { pteFlags } = memory.image;
  for (let pte = 0; pte < pteFlags.length; pte = memory.extent(pte).end) {
    let owners = 0;
    for (let id = 0; id < users; id++) {
      if (!hintFaults.armedFor(id, pte)) continue;
      owners++;
      inForce[id]++;
    }
    const armed = (pteFlags[pte] & Pte.protNone) !== 0;
    assert(armed === owners > 0, `entry ${pte} is ${armed ? '' : 'not '}armed, for ${owners} users`);
  }
  for (let id = 0; id < users; id++) {
    assert(
      inForce[id] === hintFaults.inForce(id),
      `user ${id} has ${inForce[id]} arms in force, its counters say ${hintFaults.inForce(id)}`,
    );
  }
  if (!exclusive(hintFaults.strategy)) return;
  let touches = 0;
  for (let at = StateSlot.hintFaults; at < channel.state.length; at += STATE_SLOTS) touches += channel.state[at];
  let ends = hintFaults.orphans + lostClaims;
  for (let id = 0; id < users; id++) ends += hintFaults.counters(id).delivered;
  assert(touches === ends, `${touches} touches of armed pages came to ${ends} ends`);
}
