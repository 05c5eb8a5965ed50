import type { HintFaults } from '@damonlab/hint-faults';
import { type AddressSpace, anonymous, type Memory, Pte, type Topology } from '@damonlab/mm';
import { CPUPID_UNSET, canMapProtNuma, type NumaProfile, PLAIN_PAGE, type ProtNumaFacts } from '@damonlab/numa-balancing';

/** Entries of a mapping that NUMA balancing's scanner goes over, and what has to be known for that. */
export interface ProtNumaChunk {
  readonly space: number;
  /** Index of the mapping in the address space. */
  readonly vma: number;
  /** Entries [first, last). */
  readonly first: number;
  readonly last: number;
  /** Node of the CPU that scans. */
  readonly thisNid: number;
  readonly singleThreaded: boolean;
  /** `NumaMode`. */
  readonly mode: number;
  /** The time as slow pages keep it, and a bit for each node whose pages do. */
  readonly timeWord: number;
  readonly timedNids: number;
}

/** What it came to: entries that changed, 512 for a PMD, and how many PMDs are among them. */
export interface ProtNumaDone {
  readonly updated: number;
  readonly huge: number;
}

export interface ProtNumaParts {
  readonly memory: Memory;
  readonly hintFaults: HintFaults;
  /** NUMA balancing as a user of hinting faults. */
  readonly user: number;
  readonly spaces: readonly AddressSpace[];
  /** Last cpupid of each entry's page, or when it was armed, exclusive-or'ed with the unset one. */
  readonly cpupids: Uint32Array;
  readonly profile: NumaProfile;
  readonly topology: Topology;
}

/** Arms what the scanner goes over. */
export class ProtNuma {
  readonly #parts: ProtNumaParts;
  readonly #rules: { readonly profile: NumaProfile; mode: number; readonly nodes: readonly { readonly toptier: boolean }[] };
  readonly #facts: ProtNumaFacts = { ...PLAIN_PAGE };

  constructor(parts: ProtNumaParts) {
    this.#parts = parts;
    const nodes = parts.topology.nodes.map(({ cpus }) => ({ toptier: cpus > 0 }));
    this.#rules = { profile: parts.profile, mode: 0, nodes };
  }

  /** @kernel mm/mempolicy.c change_prot_numa, mm/mprotect.c change_pte_range (7.3, 6.12) */
  change(chunk: ProtNumaChunk): ProtNumaDone {
    const { memory, hintFaults, user } = this.#parts;
    const rules = this.#rules;
    const facts = this.#facts;
    this.#prepare(chunk);
    let updated = 0;
    let huge = 0;
    for (let pte = chunk.first; pte < chunk.last; ) {
      const flags = memory.image.pteFlags[pte];
      const next = memory.extent(pte).end;
      if ((flags & Pte.present) !== 0) {
        facts.huge = (flags & Pte.huge) !== 0;
        facts.protNone = (flags & Pte.protNone) !== 0 && hintFaults.strategy !== 'tagged';
        facts.nid = flags & Pte.nidMask;
        if (canMapProtNuma(rules, facts)) {
          const changed = this.#arm(pte, next - pte, chunk);
          updated += changed;
          if (changed > 1) huge++;
        } else if (facts.protNone) hintFaults.arm(user, pte);
      }
      pte = next;
    }
    return { updated, huge };
  }

  #prepare({ space, vma, thisNid, singleThreaded, mode }: ProtNumaChunk): void {
    const mapping = this.#parts.spaces[space].vmas[vma];
    this.#rules.mode = mode;
    this.#facts.cowMapping = mapping.role !== 'vdso';
    this.#facts.fileLru = !anonymous(mapping);
    this.#facts.singleThreadedPrivate = singleThreaded;
    this.#facts.thisNid = thisNid;
  }

  /** Returns the PTEs that changed. */
  #arm(pte: number, pages: number, { timeWord, timedNids }: ProtNumaChunk): number {
    const { hintFaults, user, cpupids } = this.#parts;
    if (!hintFaults.arm(user, pte)) return 0;
    if (((timedNids >> this.#facts.nid) & 1) !== 0) cpupids[pte] = timeWord ^ CPUPID_UNSET;
    return pages;
  }
}
